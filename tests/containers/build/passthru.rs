//! What a container has beside its bundle: `run`, `config`, `closure` and `bundle`.

use std::fs;
use std::path::Path;

use crate::support::nix;
use crate::support::runner::USERS;
use crate::support::runtime;

/// A container with more arguments, and an attribute of it.
fn attribute(name: &str, arguments: &str) -> String {
    format!(
        r#"(buildContainer {{
             name = "it";
             args = [ "${{pkgs.busybox}}/bin/busybox" "sh" "-c" "exit 3" ];
             {arguments}
           }}).{name}"#
    )
}

#[test]
fn run_starts_the_container_for_any_user() {
    for name in ["", "runtime = pkgs.runc;"] {
        let built = nix::build(&attribute("run", name));
        let program = built.join("bin/run-it");
        for uid in USERS {
            let mut run = runtime::command_for_user(&program, uid);
            let output =
                run.args(["--env", "A=a", "--", "sh", "-c", "echo $A $0 $@; exit 3", "b c", "d"]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), "a b c d\n", "{uid} {output:?}");
            assert_eq!(output.status.code(), Some(3), "{uid} {output:?}");
        }
    }
}

#[test]
fn run_names_its_program() {
    // For `nix run`, and for nixpkgs' lib.getExe.
    let named = nix::evaluated(&format!(
        r#"let run = {}; in pkgs.lib.getExe run == "${{run}}/bin/run-it" && run.meta.mainProgram == "run-it""#,
        attribute("run", "")
    ));
    assert_eq!(named, true);
}

#[test]
fn run_takes_another_runtime_from_the_environment() {
    let built = nix::build(&attribute("run", ""));
    let program = built.join("bin/run-it");
    for (variable, expected) in [("", 3), ("/does/not/exist", 1)] {
        let output = runtime::command_for_user(&program, 0).env("OCI_RUNTIME", variable).output().unwrap();
        assert_eq!(output.status.code(), Some(expected), "{output:?}");
    }
}

#[test]
fn the_runtime_is_a_package_or_a_program() {
    let script = |arguments: &str| {
        let program = nix::build(&attribute("run", arguments)).join("bin/run-it");
        fs::read_to_string(program).unwrap()
    };
    for (arguments, runtime) in [
        ("", nix::program("crun")),
        ("runtime = null;", nix::program("crun")),
        ("runtime = pkgs.runc;", nix::program("runc")),
        (r#"runtime = "/opt/it's/youki";"#, Path::new(r"/opt/it'\''s/youki").to_owned()),
    ] {
        let script = script(arguments);
        assert!(script.contains(&format!("OCI_RUNTIME:-'{}'", runtime.display())), "{arguments} {script}");
    }
    let bundle = |arguments| nix::instantiate(&attribute("bundle", arguments));
    assert_eq!(bundle("runtime = pkgs.runc;"), bundle(""), "another runtime is another bundle");
    let said = nix::build_fails(&attribute("bundle", "runtime = 5;"));
    assert!(
        said.contains("buildContainer: runtime: found 5 (an integer), want a package, such as pkgs.runc"),
        "{said}"
    );
}

#[test]
fn a_package_set_without_crun_is_told() {
    let said = nix::build_fails(
        r#"let
             buildContainer = import REPOSITORY/nix/lib/build-container.nix {
               build = { inherit (pkgs) oci-bundle oci-bundle-builder; };
               buildSystem = "x86_64-linux";
             };
           in (buildContainer { args = [ "${pkgs.hello}/bin/hello" ]; }).run"#
            .replace("REPOSITORY", &nix::repository().display().to_string())
            .as_str(),
    );
    assert!(said.contains("buildContainer: runtime: missing, as the package set has no crun"), "{said}");
}

#[test]
fn closure_lists_the_store_paths() {
    for arguments in ["", "contents = [ pkgs.hello ];"] {
        let listed = fs::read_to_string(nix::build(&attribute("closure", arguments))).unwrap();
        let bundle = nix::build(&attribute("bundle", arguments));
        let mut copied: Vec<_> = fs::read_dir(bundle.join("rootfs/nix/store"))
            .unwrap()
            .map(|entry| format!("/nix/store/{}\n", entry.unwrap().file_name().into_string().unwrap()))
            .collect();
        copied.sort();
        assert_eq!(listed, copied.concat());
        assert!(listed.contains("-busybox"), "{listed}");
    }
    let none = nix::build(r#"(buildContainer { args = [ "/x" ]; checkProgram = false; }).closure"#);
    assert_eq!(fs::read_to_string(none).unwrap(), "");
}

#[test]
fn config_is_what_was_asked_and_bundle_the_output() {
    let asked = nix::evaluated(&attribute("config", r#"runtime = "x"; env.A = "b"; terminal = null;"#));
    let names: Vec<_> = asked.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["args", "env", "name", "runtime", "terminal"]);
    assert_eq!(asked["env"]["A"], "b");
    assert_eq!(nix::build(&attribute("bundle", "")), nix::build(&attribute("out", "")));
    assert_eq!(nix::build(&attribute("passthru.bundle", "")), nix::build(&attribute("out", "")));
}
