//! The help texts, each as a file of `help`. `UPDATE_EXPECT=1 cargo test help` writes them anew.

use std::process::Command;

use expect_test::{ExpectFile, expect_file};

/// What is printed for these words. A variable that is set would be in the text, so there is none.
fn help(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_oci-bundle-builder")).args(words).env_clear().output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The file of a text. Its path is absolute, as expect-test takes a relative one from the highest Cargo.toml, which may be another's.
fn file(name: &str) -> ExpectFile {
    expect_file![format!("{}/tests/builder/help/{name}.txt", env!("CARGO_MANIFEST_DIR"))]
}

#[test]
fn the_program_lists_its_verbs() {
    file("oci-bundle-builder").assert_eq(&help(&["--help"]));
}

#[test]
fn a_build_lists_its_options() {
    file("build").assert_eq(&help(&["build", "--help"]));
}

#[test]
fn a_database_lists_its_options() {
    file("write-nix-database").assert_eq(&help(&["write-nix-database", "--help"]));
}
