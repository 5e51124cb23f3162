//! The help texts, each as a file of `help`. `UPDATE_EXPECT=1 cargo test --manifest-path cli/Cargo.toml help` writes them anew.

use std::process::Command;

use expect_test::{ExpectFile, expect_file};

/// What is printed for these words. A variable that is set would be in the text, so there is none.
fn help(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_oci-bundle")).args(words).env_clear().output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The file of a text. Its path is absolute, as expect-test takes a relative one from the highest Cargo.toml, which is not ours.
fn file(name: &str) -> ExpectFile {
    expect_file![format!("{}/tests/help/{name}.txt", env!("CARGO_MANIFEST_DIR"))]
}

#[test]
fn the_program_lists_its_verbs() {
    file("oci-bundle").assert_eq(&help(&["--help"]));
}

#[test]
fn each_verb_that_is_listed_has_its_text() {
    let list = help(&["--help"]);
    let (_, verbs) = list.split_once("\nCommands:\n").unwrap();
    let verbs: Vec<_> = verbs.lines().map_while(|line| line.split_whitespace().next()).collect();
    assert!(verbs.contains(&"run"), "{verbs:?}");
    for verb in verbs.into_iter().filter(|verb| *verb != "help") {
        file(verb).assert_eq(&help(&[verb, "--help"]));
    }
}

#[test]
fn the_verbs_that_nix_calls_have_theirs() {
    for verb in ["write-closure", "write-wrapper"] {
        file(verb).assert_eq(&help(&[verb, "--help"]));
    }
}

#[test]
fn the_script_of_a_container_has_its_own() {
    file("run-hello").assert_eq(&help(&["launch", "run-hello", "/nix/store/bundle", "--help"]));
}
