//! The tables of the documentation against the code.

use std::collections::BTreeSet;
use std::fs;

use crate::builder::Builder;
use crate::nix;
use serde_json::{Value, json};

const DOCS: &str = include_str!("../../docs/arguments.md");
const README: &str = include_str!("../../README.md");

fn import(file: &str) -> String {
    format!("import {}/nix/{file}", nix::repository().display())
}

/// The names that the builder knows at a place: it lists them for one that is like none of them.
fn known_to_the_builder(container: Value) -> BTreeSet<String> {
    let said = Builder::new().run(&container).unwrap_err();
    let (_, list) = said.split_once("(there are: ").unwrap_or_else(|| panic!("{said}"));
    list.split_once(')').unwrap().0.split(", ").map(str::to_owned).collect()
}

/// The names in the first column of the tables of a section that begins with `attribute`.
fn documented(section: &str) -> BTreeSet<String> {
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
    let names = nix::evaluated(&format!("builtins.attrNames ({})", import("arguments.nix")));
    let mut names: BTreeSet<String> = serde_json::from_value(names).unwrap();
    // It is not in the bundle, so the builder never sees it.
    assert!(names.remove("runtime"));
    assert_eq!(known_to_the_builder(json!({ "zzzzzzzzzzzz": 1 })), names);
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

#[test]
fn a_default_that_is_written_changes_nothing() {
    let plain = r#"args = [ "${pkgs.hello}/bin/hello" ];"#;
    let config = |arguments: &str| {
        fs::read_to_string(nix::build(&format!("buildContainer {{ {plain} {arguments} }}")).join("config.json"))
            .unwrap()
    };
    let defaults =
        nix::evaluated(&format!("builtins.mapAttrs (_: argument: argument.default) ({})", import("arguments.nix")));
    let written: Vec<String> = defaults
        .as_object()
        .unwrap()
        .iter()
        .filter_map(|(name, default)| Some((name, default.as_str()?)))
        // Text in parentheses is no value.
        .filter(|(_, default)| !default.starts_with('('))
        .map(|(name, default)| format!("{name} = {default};"))
        .collect();
    assert!(written.len() >= 9, "{written:?}");
    assert_eq!(config(&written.join(" ")), config(""));
}
