//! The derivation: what it is made from, and how it is built.

use std::fs;

use serde_json::json;

use crate::support::nix;

const HELLO: &str = r#"buildContainer { args = [ "${pkgs.hello}/bin/hello" ]; }"#;

#[test]
fn its_inputs_are_the_builder_and_the_closure_alone() {
    let container = nix::instantiate(HELLO);
    let mut inputs = nix::store(&["-q", "--references", container.to_str().unwrap()]);
    inputs.sort();
    let mut expected =
        ["pkgs.oci-bundle-builder", "pkgs.hello"].map(|package| nix::instantiate(package).display().to_string());
    expected.sort();
    assert_eq!(inputs, expected);
}

#[test]
fn an_argument_changes_only_the_outputs_that_use_it() {
    const OUTPUTS: [&str; 3] = ["bundle", "closure", "run"];
    let derivations = |arguments: &str| {
        OUTPUTS.map(|output| {
            nix::instantiate(&format!(
                r#"(buildContainer {{ args = [ "${{pkgs.hello}}/bin/hello" ]; {arguments} }}).{output}"#
            ))
        })
    };
    let plain = derivations("");
    for (arguments, changed) in [
        // The name of the program is the derived one.
        (r#"name = "hello";"#, vec![]),
        ("readonly = null; name = null; runtime = null;", vec![]),
        ("seccomp = null;", vec!["bundle", "run"]),
        ("runtime = pkgs.runc;", vec!["run"]),
        ("readonly = true;", vec!["bundle", "run"]),
        ("keepReferences = true;", vec!["bundle", "run"]),
        (r#"hostname = "other";"#, vec!["bundle", "run"]),
        ("contents = [ pkgs.busybox ];", vec!["bundle", "closure", "run"]),
        (r#"name = "other";"#, vec!["bundle", "closure", "run"]),
    ] {
        let others = derivations(arguments);
        let different: Vec<_> =
            (0..3).filter(|&output| others[output] != plain[output]).map(|output| OUTPUTS[output]).collect();
        assert_eq!(different, changed, "{arguments}");
    }
}

#[test]
fn it_is_built_where_its_inputs_are_or_taken_from_a_cache() {
    for output in ["bundle", "closure", "run"] {
        let derivation = nix::evaluated(&format!(
            "let container = ({HELLO}).{output}; in {{ inherit (container) preferLocalBuild; other = container ? allowSubstitutes; }}"
        ));
        assert_eq!(derivation, json!({ "preferLocalBuild": true, "other": false }), "{output}");
    }
}

#[test]
fn it_is_built_in_the_sandbox_and_again_with_the_same_result() {
    nix::build(HELLO);
    for sandbox in ["true", "false"] {
        // `sandbox = true` refuses every derivation that asks for less.
        let output = nix::nix_build(HELLO).args(["--check", "--option", "sandbox", sandbox]).output().unwrap();
        assert!(output.status.success(), "sandbox = {sandbox}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn it_is_named_after_the_program() {
    for (arguments, name) in [
        (r#"{ args = [ "${pkgs.hello}/bin/hello" ]; }"#, "hello"),
        (r#"{ args = [ "/bin/.hidden prog@1" ]; checkProgram = false; }"#, "hidden-prog-1"),
        (r#"{ args = [ "/" ]; checkProgram = false; }"#, "container"),
        (r#"{ args = [ "/x.drv" ]; checkProgram = false; }"#, "x"),
        (r#"{ args = [ "x" ]; name = "mine"; checkProgram = false; }"#, "mine"),
    ] {
        let bundle = nix::build(&format!("buildContainer {arguments}"));
        assert_eq!(bundle.to_str().unwrap().split_once('-').unwrap().1, name);
        let config: serde_json::Value = serde_json::from_slice(&fs::read(bundle.join("config.json")).unwrap()).unwrap();
        assert_eq!(config["hostname"], name);
    }
}

#[test]
fn without_flakes_default_nix_gives_the_same_function() {
    let through_default = nix::build(
        r#"(import REPOSITORY { pkgs = import REPOSITORY/tests/pkgs { }; }).buildContainer { args = [ "${pkgs.hello}/bin/hello" ]; }"#
            .replace("REPOSITORY", concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
            .as_str(),
    );
    assert_eq!(through_default, nix::build(HELLO));
}
