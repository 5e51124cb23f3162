//! The tables of the documentation against the code.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::builder::Builder;
use crate::support::nix;
use serde_json::{Map, Value, json};

const DOCS: &str = include_str!("../../../docs/arguments.md");
const README: &str = include_str!("../../../README.md");

fn import(file: &str) -> String {
    format!("import {}/nix/lib/{file}", nix::repository().display())
}

/// The names that the builder knows at a place: it lists them for one that is like none of them.
fn known_to_the_builder(container: Value) -> BTreeSet<String> {
    let said = Builder::new().run(&container).unwrap_err();
    let (_, list) = said.split_once("(there are: ").unwrap_or_else(|| panic!("{said}"));
    list.split_once(')').unwrap().0.split(", ").map(str::to_owned).collect()
}

/// The names in the first column of the tables of a section that begins with `attribute`.
pub fn documented(section: &str) -> BTreeSet<String> {
    let (_, after) = DOCS.split_once(&format!("\n## `{section}`\n")).unwrap();
    let section = after.split("\n## ").next().unwrap();
    let (_, table) = section.split_once("| attribute | type |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('|').nth(1).unwrap().split(','))
        .map(|name| name.trim().trim_matches('`').to_owned())
        .collect()
}

#[test]
fn the_tables_of_arguments_are_those_of_the_code() {
    for (page, name, table) in [(DOCS, "docs/arguments.md", "docs"), (README, "README.md", "readme")] {
        let expected = nix::evaluated(&format!("({}).{table}", import("reference.nix")));
        let expected = expected.as_str().unwrap();
        assert!(page.contains(expected), "{name} should have:\n\n{expected}");
    }
}

#[test]
fn every_argument_has_a_section() {
    let names = nix::evaluated(&format!("builtins.attrNames ({})", import("arguments.nix")));
    let headings: Vec<_> = DOCS.lines().filter(|line| line.starts_with("## ")).collect();
    for name in names.as_array().unwrap() {
        let quoted = format!("`{}`", name.as_str().unwrap());
        assert!(headings.iter().any(|heading| heading.contains(&quoted)), "no section for {quoted}");
    }
}

#[test]
fn nix_and_the_builder_know_the_same_arguments() {
    let used_by =
        nix::evaluated(&format!("builtins.mapAttrs (_: argument: argument.usedBy) ({})", import("arguments.nix")));
    let used_by: BTreeMap<String, Vec<String>> = serde_json::from_value(used_by).unwrap();
    let outputs = nix::evaluated(
        r#"builtins.attrNames (removeAttrs (buildContainer { args = [ "x" ]; }).passthru [ "config" ])"#,
    );
    let outputs: BTreeSet<String> = serde_json::from_value(outputs).unwrap();
    for (name, used_by) in &used_by {
        assert!(!used_by.is_empty() && used_by.iter().all(|output| outputs.contains(output)), "{name}: {used_by:?}");
    }
    // What is for other outputs alone the builder never sees.
    let bundle = used_by.into_iter().filter(|(_, used_by)| used_by.iter().any(|output| output == "bundle"));
    assert_eq!(known_to_the_builder(json!({ "zzzzzzzzzzzz": 1 })), bundle.map(|(name, _)| name).collect());
}

#[test]
fn the_attributes_within_arguments_are_documented() {
    let unknown = json!({ "zzzzzzzzzzzz": 1 });
    for (section, container) in [
        ("user", json!({ "args": ["x"], "user": unknown })),
        ("mounts", json!({ "args": ["x"], "mounts": { "/x": unknown } })),
        ("files", json!({ "args": ["x"], "files": { "/x": unknown } })),
    ] {
        assert_eq!(documented(section), known_to_the_builder(container), "{section}");
    }
}

/// The values of arguments that mean the same as if they are left out.
fn defaults() -> Map<String, Value> {
    let defaults = nix::evaluated(&format!(
        "let arguments = {}; has = name: arguments.${{name}} ? default;
         in builtins.listToAttrs (map (name: {{ inherit name; value = arguments.${{name}}.default; }})
           (builtins.filter has (builtins.attrNames arguments)))",
        import("arguments.nix")
    ));
    let defaults = defaults.as_object().unwrap().clone();
    assert!(defaults.len() >= 12, "{defaults:?}");
    defaults
}

#[test]
fn a_default_that_is_written_changes_nothing() {
    let defaults = nix::string(&Value::from(defaults()).to_string());
    for output in ["bundle", "closure", "run"] {
        let derivation = |more: &str| {
            nix::instantiate(&format!(
                r#"(buildContainer ({{ args = [ "${{pkgs.hello}}/bin/hello" ]; }} // {more})).{output}"#
            ))
        };
        let written = format!("builtins.fromJSON {defaults} // {{ runtime = pkgs.crun; }}");
        assert_eq!(derivation(&written), derivation("{ }"), "{output}");
    }
}

#[test]
fn the_builder_has_the_defaults_of_the_reference() {
    // Nix leaves them out, so what the builder takes instead has to be the same.
    let builder = Builder::new();
    let known = known_to_the_builder(json!({ "zzzzzzzzzzzz": 1 }));
    // The others are for other programs.
    for (name, default) in defaults().into_iter().filter(|(name, _)| known.contains(name)) {
        let mut container = json!({ "args": ["x"], "checkProgram": false });
        container.as_object_mut().unwrap().remove(&name);
        let without = builder.run(&container);
        assert_eq!(without.is_ok(), name != "checkProgram", "{name}: {without:?}");
        container[&name] = default;
        assert_eq!(builder.run(&container), without, "{name}");
    }
}
