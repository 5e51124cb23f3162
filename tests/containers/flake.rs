//! The flake as its users see it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::nix;
use crate::runtime::Runtime;

/// `nix build` with the flake's nixpkgs replaced; `nixpkgs` is its input's name from where the command stands.
fn build(flake: &str, nixpkgs: &str, more: &[&str], folder: &TempDir) -> PathBuf {
    let packages = format!("path:{}/tests/pkgs", nix::repository().display());
    let mut command = nix::nix("nix");
    command.args(["build", flake, "--no-write-lock-file", "--override-input", nixpkgs, &packages]).args(more);
    succeeds(command.current_dir(folder));
    folder.path().join("result").canonicalize().unwrap()
}

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_new_flake_from_the_template_builds_its_container() {
    let repository = format!("git+file://{}", nix::repository().display());
    let folder = TempDir::new().unwrap();
    succeeds(nix::nix("nix").args(["flake", "init", "--template", &repository]).current_dir(&folder));

    let from_here = ["--override-input", "oci-bundle", &repository];
    let bundle =
        build(&format!("path:{}#myContainer", folder.path().display()), "oci-bundle/nixpkgs", &from_here, &folder);

    assert_eq!(Runtime::Runc.prints(&bundle), "from a container\n");
}

#[test]
fn the_flake_and_the_overlay_have_the_same_function() {
    let folder = TempDir::new().unwrap();
    let through_flake = build(&format!("{}#hello", nix::repository().display()), "nixpkgs", &[], &folder);
    assert_eq!(through_flake, nix::build(r#"example "hello" { inherit pkgs; }"#));
}

#[test]
fn nix_run_starts_a_container() {
    let repository = nix::repository();
    let packages = format!("path:{}/tests/pkgs", repository.display());
    let mut run = Runtime::Crun.command_for_user(Path::new("nix"), 0);
    run.env("NIX_CONFIG", nix::CONFIG).arg("run").arg(format!("{}#hello.run", repository.display()));
    run.args(["--no-write-lock-file", "--override-input", "nixpkgs", &packages]);
    let output = run.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Hello from a container that Nix built.\n", "{output:?}");
}
