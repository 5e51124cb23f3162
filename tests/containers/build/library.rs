//! `mkLib`: the library for any package set.

use serde_json::json;

use crate::support::nix;

/// An expression in whose scope is `mkLib`, and `plain`: the package set without our overlay.
fn with_library(expression: &str) -> String {
    let repository = nix::repository();
    let repository = repository.display();
    format!(
        "let
           inherit (import {repository} {{ pkgs = throw \"mkLib needs no other package set\"; }}) mkLib;
           plain = import {repository}/tests/pkgs {{ }};
         in {expression}"
    )
}

const HELLO: &str = r#"buildContainer { args = [ "${pkgs.hello}/bin/hello" ]; }"#;

#[test]
fn a_package_set_with_or_without_the_overlay_gives_the_same_container() {
    for set in ["plain", "pkgs"] {
        for output in ["bundle", "closure", "run"] {
            let through_library = nix::instantiate(&with_library(&format!("((mkLib {set}).{HELLO}).{output}")));
            assert_eq!(through_library, nix::instantiate(&format!("({HELLO}).{output}")), "{set} {output}");
        }
    }
}

#[test]
fn the_flake_has_the_library_of_each_system_and_for_any_set() {
    let repository = nix::repository();
    let mut eval = nix::nix("nix");
    eval.args(["eval", "--impure", "--json", "--no-write-lock-file"]);
    eval.arg(format!("{}#lib", repository.display()));
    eval.args(["--override-input", "nixpkgs", &format!("path:{}/tests/pkgs", repository.display())]);
    eval.arg("--apply").arg(format!(
        "lib: let pkgs = import {}/tests/pkgs {{ }}; in
           map (library: (library.{HELLO}).drvPath) [ lib.x86_64-linux (lib.mkLib pkgs) ]
           ++ builtins.attrNames lib",
        repository.display()
    ));
    let output = eval.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = nix::instantiate(HELLO);
    assert_eq!(found, json!([expected, expected, "aarch64-linux", "mkLib", "x86_64-linux"]));
}

#[test]
fn a_container_for_another_system_is_built_on_this_one() {
    // With the overlay, and without.
    for cross in ["(mkLib plain.pkgsCross.aarch64-multiplatform)", "pkgs.pkgsCross.aarch64-multiplatform.ociTools"] {
        let found = nix::evaluated(&with_library(&format!(
            r#"
              let
                other = import {}/tests/pkgs {{ system = "aarch64-linux"; }};
                packages = set: import {}/nix/packages {{ inherit (set) callPackage; }};
                container = {cross}.buildContainer {{ args = [ "${{other.hello}}/bin/hello" ]; }};
                inherit (container) run;
                on = set: name: "${{(packages set).${{name}}}}/bin/${{name}}";
              in
              {{
                inherit (container) system hostSystem;
                closure = container.closure.system;
                wrapper = run.system;
                builders = builtins.all (output: output.builder == on plain "oci-bundle") [ container.closure run ]
                  && container.builder == on plain "oci-bundle-builder";
                named = builtins.elem (on other "oci-bundle") run.args && builtins.elem "${{other.crun}}/bin/crun" run.args;
              }}
            "#,
            nix::repository().display(),
            nix::repository().display()
        )));
        let expected = json!({
            "system": "x86_64-linux", "hostSystem": "aarch64-linux", "closure": "x86_64-linux", "wrapper": "x86_64-linux",
            "builders": true, "named": true,
        });
        assert_eq!(found, expected, "{cross}");
    }
}

#[test]
fn a_package_set_that_is_none_is_told() {
    for (set, found) in [("(x: x)", "a function"), ("{ lib = { }; }", "an attribute set"), ("[ ]", "an empty list")] {
        let said = nix::build_fails(&with_library(&format!("(mkLib {set}).{HELLO}")));
        let expected = format!(
            "error: mkLib: found {found}, want a package set, such as nixpkgs.legacyPackages.x86_64-linux or import <nixpkgs> {{ }}"
        );
        assert!(said.lines().any(|line| line.trim_start() == expected), "{said}");
    }
}
