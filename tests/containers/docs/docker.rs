//! docs/coming-from-docker.md: the options of `docker run` against Docker's help, and what is said of ours against what there is.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::support::builder::Builder;
use crate::support::nix;
use serde_json::{Value, json};

use super::reference::documented;

const PAGE: &str = include_str!("../../../docs/coming-from-docker.md");

/// An option: its long name, and the short one if it has any.
type Named = (String, Option<String>);

/// A row of the table of options.
struct Row {
    options: Vec<Named>,
    /// Those of the options that Debian 12's Docker need not have.
    newer: BTreeSet<String>,
    here: &'static str,
    differs: &'static str,
}

/// The rows behind the header that has this first cell, as cells.
fn table(first: &str) -> Vec<Vec<&'static str>> {
    let start = format!("\n| {first} | here |");
    let (_, after) = PAGE.split_once(&start).unwrap_or_else(|| panic!("no table '{first}'"));
    let rows = after.lines().skip(2).map_while(|line| line.strip_prefix("| ")?.strip_suffix('|'));
    rows.map(|row| row.split(" | ").map(str::trim).collect()).collect()
}

/// What stands between backquotes.
fn code(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn rows() -> Vec<Row> {
    let rows = table("of `docker run`").into_iter().map(|cells| {
        let [first, here, differs] = cells[..] else { panic!("three cells: {cells:?}") };
        let (mut options, mut newer) = (Vec::<Named>::new(), BTreeSet::new());
        for part in first.split(", ") {
            let name = code(part)[0];
            if name.starts_with("--") {
                options.push((name.to_owned(), None));
            } else {
                options.last_mut().unwrap().1 = Some(name.to_owned());
            }
            if part.ends_with(" (newer)") {
                newer.insert(name.to_owned());
            }
        }
        Row { options, newer, here, differs }
    });
    let rows: Vec<_> = rows.collect();
    assert!(rows.len() > 80, "found {} rows only", rows.len());
    rows
}

/// The options that a program's help has.
fn options_of(help: &str) -> BTreeSet<Named> {
    let named = help.lines().filter_map(|line| {
        let words = line.trim_start();
        let (short, long) = match words.split_once(", --") {
            Some((short, _)) if short.len() == 2 && short.starts_with('-') => (Some(short.to_owned()), &words[4..]),
            _ => (None, words),
        };
        let name = long.strip_prefix("--")?.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next()?;
        Some((format!("--{name}"), short))
    });
    named.collect()
}

/// The help of Debian's Docker, and of no other that is on `PATH`. A daemon would hide what it does not know.
fn help_of_docker() -> String {
    let mut docker = Command::new("/usr/bin/docker");
    let output = docker.args(["run", "--help"]).env("DOCKER_HOST", "unix:///nonexistent").output();
    let output = output.expect("docker.io, or docker-cli on Debian 13, which scripts/setup installs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The help of `oci-bundle` with these words.
fn our_help(words: &[&str]) -> String {
    let output = Command::new(nix::program("oci-bundle")).args(words).arg("--help").output().unwrap();
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn long_names(help: &str) -> BTreeSet<String> {
    options_of(help).into_iter().map(|(long, _)| long).collect()
}

#[test]
fn every_option_of_docker_run_is_on_the_page_and_no_other() {
    let help = options_of(&help_of_docker());
    assert!(help.len() > 90, "found {} options only: {help:?}", help.len());
    let rows = rows();
    let listed: Vec<_> = rows.iter().flat_map(|row| &row.options).cloned().collect();
    let page: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(page.len(), listed.len(), "an option has two rows");

    let missing: Vec<_> = help.difference(&page).collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");
    let newer: BTreeSet<_> = rows.iter().flat_map(|row| &row.newer).cloned().collect();
    let unknown: Vec<_> = page.difference(&help).filter(|(long, _)| !newer.contains(long)).collect();
    assert!(unknown.is_empty(), "not in Docker's help, nor marked as newer: {unknown:?}");
}

#[test]
fn the_options_are_in_the_order_of_docker_s_help() {
    let first: Vec<_> = rows().into_iter().map(|row| row.options[0].0.clone()).collect();
    assert!(first.is_sorted(), "{first:?}");
}

/// The path of an argument or of what is in it, as `files."/etc/hosts".text`: the parts that stand between dots.
fn parts(path: &str) -> Vec<&str> {
    let mut inside = false;
    let split = path.split(|c: char| {
        inside ^= c == '"';
        c == '.' && !inside
    });
    split.map(|part| part.trim_matches('"')).collect()
}

/// What no argument and no field takes, at a path in an argument.
fn nonsense_at(path: &[&str]) -> Value {
    path.iter().rev().fold(json!([[1.5]]), |value, part| json!({ *part: value }))
}

/// The arguments, with the outputs that each is for.
struct Arguments {
    used_by: BTreeMap<String, Vec<String>>,
    builder: Builder,
}

impl Arguments {
    fn new() -> Self {
        let used_by = format!(
            "builtins.mapAttrs (_: a: a.usedBy) (import {}/nix/lib/arguments.nix)",
            nix::repository().display()
        );
        let used_by = serde_json::from_value(nix::evaluated(&used_by)).unwrap();
        Self { used_by, builder: Builder::new() }
    }

    /// Whether a path begins with the name of one.
    fn know(&self, path: &str) -> bool {
        self.used_by.contains_key(parts(path)[0])
    }

    /// Asks the builder about a path: it takes nothing there that is nonsense, but says of an unknown one that there is none.
    fn check(&self, path: &str) {
        let parts = parts(path);
        let (argument, inner) = parts.split_first().unwrap();
        let used_by = self.used_by.get(*argument).unwrap_or_else(|| panic!("{path}: no such argument"));
        if inner.is_empty() {
            return;
        }
        if *argument == "image" {
            assert!(documented("image").contains(inner[0]), "{path}");
            return;
        }
        assert!(used_by.iter().any(|output| output == "bundle"), "{path}: the builder does not know it");
        let mut container = json!({ "args": ["x"], "checkProgram": false });
        container[*argument] = nonsense_at(inner);
        if *argument == "health" && inner != ["command"] {
            container["health"]["command"] = json!(["x"]);
        }
        let said = self.builder.run(&container).unwrap_err();
        assert!(said.contains(path) && !said.contains("no such"), "{path}: {said}");
    }
}

#[test]
fn a_path_that_does_not_exist_is_found() {
    let arguments = Arguments::new();
    for path in ["limits.memori", "config.linux.resources.memory.swapp", "files.\"/x\".txt", "image.label", "memory"] {
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| arguments.check(path)));
        assert!(checked.is_err(), "{path}");
    }
}

#[test]
fn what_the_page_names_of_ours_is_there() {
    let (arguments, ours) = (Arguments::new(), long_names(&our_help(&["run"])));
    let rows = rows();
    let of_docker: BTreeSet<_> = rows.iter().flat_map(|row| &row.options).map(|(long, _)| long.clone()).collect();
    let option_in = |span: &str| span.split([' ', '=']).next().unwrap().to_owned();
    let mut checked = 0;
    for row in &rows {
        for span in code(row.here) {
            if span.starts_with("--") {
                assert!(ours.contains(&option_in(span)), "{span}: no option of oci-bundle run");
            } else if !span.starts_with("oci-bundle ") && !span.ends_with('=') {
                arguments.check(span);
            }
            checked += 1;
        }
        for span in code(row.differs) {
            let path = span.split(" = ").next().unwrap();
            if span.starts_with("--") {
                let option = option_in(span);
                assert!(ours.contains(&option) || of_docker.contains(&option), "{span}: nobody's option");
            } else if path.contains('.') && arguments.know(path) {
                arguments.check(path);
                checked += 1;
            }
        }
    }
    assert!(checked > 90, "checked {checked} names only");
}

#[test]
fn a_link_to_an_argument_leads_to_its_section() {
    let mut links = 0;
    for (text, rest) in PAGE.split("[`").skip(1).filter_map(|rest| rest.split_once("`](arguments.md#")) {
        let anchor = rest.split(')').next().unwrap();
        // Fields of `config` are described in its section.
        assert_eq!(parts(text)[0].to_lowercase(), anchor, "{text}");
        links += 1;
    }
    assert!(links > 40, "found {links} links only");
}

#[test]
fn every_command_of_ours_on_the_page_exists() {
    let commands: BTreeSet<_> = code(PAGE).into_iter().filter(|span| span.starts_with("oci-bundle ")).collect();
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands {
        let words: Vec<_> = command.split(' ').skip(1).take_while(|word| *word != "--").collect();
        // Names of containers are in capital letters, and those of files have dots.
        let is_verb = |word: &&&str| word.chars().all(|c| c.is_ascii_lowercase());
        let verbs: Vec<_> = words.iter().take_while(is_verb).copied().collect();
        // The verbs of images are another program's.
        let help = our_help(if verbs[0] == "image" { &verbs[..1] } else { &verbs });
        assert!(verbs.iter().skip(1).all(|verb| help.contains(verb)), "{command}: {help}");
        let options = long_names(&help);
        for option in words.iter().filter(|word| word.starts_with("--")) {
            assert!(options.contains(*option), "{command}: {help}");
        }
    }
}

#[test]
fn the_definition_on_the_page_builds() {
    let (_, from_block) = PAGE.split_once("\n```nix\n").unwrap();
    let (expression, _) = from_block.split_once("\n```\n").unwrap();
    let bundle = nix::build(&format!("({expression})"));
    assert!(bundle.join("config.json").exists());
}
