//! Nix with the package set of tests/pkgs.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::built::Built;

/// The project's folder.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Builds a Nix expression, in whose scope are `pkgs`, `buildContainer`, `buildImage`, `testContainers`, `imageIndex` and `example`. The bundles
/// in it have to stay as they are for as long as the test has it.
pub fn build(expression: &str) -> Built {
    Built::new(succeed(nix_build(expression)))
}

/// The path of a program of the package set, such as `runc`.
pub fn program(package: &str) -> PathBuf {
    succeed(nix_build(&format!("pkgs.{package}"))).join("bin").join(package)
}

/// Runs `nix-build` on an expression that is to fail, and gives what it said.
pub fn build_fails(expression: &str) -> String {
    let output = nix_build(expression).output().unwrap();
    assert!(!output.status.success(), "should have failed: {expression}");
    String::from_utf8(output.stderr).unwrap()
}

/// `nix-build` of an expression.
pub fn nix_build(expression: &str) -> Command {
    let mut command = nix("nix-build");
    command.args(["--no-out-link", "-E", &in_scope(expression)]);
    command
}

/// The derivation of an expression.
pub fn instantiate(expression: &str) -> PathBuf {
    let mut command = nix("nix-instantiate");
    command.args(["-E", &in_scope(expression)]);
    succeed(command)
}

/// The value of an expression, as JSON.
pub fn evaluated(expression: &str) -> serde_json::Value {
    let mut command = nix("nix-instantiate");
    let output = command.args(["--eval", "--strict", "--json", "-E", &in_scope(expression)]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A text as a string of Nix.
pub fn string(text: &str) -> String {
    // Nix has JSON's escapes, and one more.
    serde_json::to_string(text).unwrap().replace("${", "\\${")
}

/// The lines that `nix-store` prints.
pub fn store(args: &[&str]) -> Vec<String> {
    let output = nix("nix-store").args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The project's configuration of Nix.
pub const CONFIG: &str = include_str!("../../../scripts/nix.conf");

/// A command of Nix with that.
pub fn nix(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("NIX_CONFIG", CONFIG);
    command
}

fn in_scope(expression: &str) -> String {
    let repository = repository();
    let repository = repository.display();
    format!(
        "let
           pkgs = (import {repository}/tests/pkgs {{ }}).extend (import {repository}/nix/overlay.nix);
           inherit (pkgs.ociTools) buildContainer buildImage imageIndex testContainers;
           example = name: import ({repository}/examples + \"/${{name}}.nix\");
         in {expression}"
    )
}

fn succeed(mut command: Command) -> PathBuf {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    PathBuf::from(String::from_utf8(stdout).unwrap().lines().last().unwrap())
}
