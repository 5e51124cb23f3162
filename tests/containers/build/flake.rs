//! The flake as its users see it.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::built::Built;
use crate::support::nix;
use crate::support::runner;
use crate::support::runtime::{self, Runtime};
use crate::support::terminal::Terminal;

/// `nix build` with the flake's nixpkgs replaced; `nixpkgs` is its input's name from where the command stands.
fn build(flake: &str, nixpkgs: &str, more: &[&str], folder: &TempDir) -> Built {
    let packages = format!("path:{}/tests/pkgs", nix::repository().display());
    let mut command = nix::nix("nix");
    command.args(["build", flake, "--no-write-lock-file", "--override-input", nixpkgs, &packages]).args(more);
    succeeds(command.current_dir(folder));
    Built::new(folder.path().join("result").canonicalize().unwrap())
}

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What stands between a marker and the end of its block.
fn session() -> &'static str {
    let (_, after) = include_str!("../../../README.md").split_once("$ mkdir box").unwrap();
    after.split_once("```").unwrap().0
}

#[test]
fn the_session_of_the_readme_goes_as_it_stands_there() {
    let folder = TempDir::new().unwrap();
    let repository = nix::repository();
    // Without network, this project's flake is here and nixpkgs is tests/pkgs.
    let here = format!("git+file://{}", repository.display());
    let packages = format!("path:{}/tests/pkgs", repository.display());
    let functions = format!(
        r#"
        nix() {{
            set -- "${{@/github:oci-bundle\/oci-bundle/{here}}}"
            [ $1 = flake ] || set -- "$@" --override-input oci-bundle {here} --override-input oci-bundle/nixpkgs {packages} \
                --no-write-lock-file
            command nix "$@" 2>>log
        }}
        PS1='$ '
        "#
    );
    fs::write(folder.path().join("functions"), functions).unwrap();
    let mut shell = runtime::command_for_user(Path::new("bash"), 0);
    shell.args(["--noprofile", "--rcfile"]).arg(folder.path().join("functions"));
    shell.env("NIX_CONFIG", nix::CONFIG).current_dir(folder.path());

    let mut terminal = Terminal::start(&shell);
    let mut commands = 0;
    for line in format!("$ mkdir box{}", session()).lines() {
        match ["$ ", "myContainer:/# "].into_iter().find_map(|prompt| Some((prompt, line.strip_prefix(prompt)?))) {
            Some((prompt, command)) => {
                terminal.wait_for(prompt);
                terminal.types(command);
                terminal.wait_for(command);
                terminal.types("\n");
                commands += 1;
            }
            None => drop(terminal.wait_for(line)),
        }
    }
    terminal.wait_for("$ ");
    terminal.types("exit 6\n");
    assert_eq!(terminal.wait().code(), Some(6));
    assert_eq!(commands, 6);
}

#[test]
fn a_new_flake_from_the_template_builds_and_tests_its_container() {
    let repository = format!("git+file://{}", nix::repository().display());
    let folder = TempDir::new().unwrap();
    succeeds(nix::nix("nix").args(["flake", "init", "--template", &repository]).current_dir(&folder));

    let from_here = ["--override-input", "oci-bundle", &repository];
    let bundle =
        build(&format!("path:{}#myContainer", folder.path().display()), "oci-bundle/nixpkgs", &from_here, &folder);

    for check in ["starts", "greets", "serves"] {
        let attribute = format!("path:{}#checks.x86_64-linux.{check}", folder.path().display());
        build(&attribute, "oci-bundle/nixpkgs", &from_here, &folder);
    }

    let mut run = Runtime::Runc.sealed().command(&nix::program("runc"), 0);
    run.args(["run", "--bundle"]).arg(&bundle).arg(format!("template-{}", std::process::id()));
    let mut terminal = Terminal::start(&run);
    terminal.wait_for("myContainer:/# ");
    terminal.types("exit 4\n");
    assert_eq!(terminal.wait().code(), Some(4));
}

/// `nix flake check` of a flake in this folder. Gives what it said, and whether all is well.
fn check(folder: &TempDir) -> (bool, String) {
    let repository = nix::repository();
    let mut command = nix::nix("nix");
    command.args(["flake", "check", "--no-write-lock-file", "--print-build-logs"]);
    command.arg(format!("path:{}", folder.path().display()));
    command.arg("--override-input").arg("oci-bundle").arg(format!("git+file://{}", repository.display()));
    command.arg("--override-input").arg("oci-bundle/nixpkgs").arg(format!("path:{}/tests/pkgs", repository.display()));
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn breaking_the_container_of_the_template_breaks_nix_flake_check() {
    let template = include_str!("../../../template/flake.nix");
    for (whole, broken, said) in [
        ("\"-f\"\n", "\"-f\"\n          \"--verbos\"\n", "web | httpd: unrecognized option '--verbos'"),
        (
            "files.\"/www/index.html\".text = \"hello from a web server\\n\";",
            "",
            "web | httpd: can't change directory to '/www': No such file",
        ),
        ("/www/index.html", "/www/index.htm", "curl: (22) The requested URL returned error: 404"),
        ("\"8080\"", "\"8081\"", "container: nobody listens on port 8080 after 30 s; open is: 8081"),
        ("$HOSTNAME", "$HOME", "nothing in it matches \"^hello from myContainer\""),
    ] {
        assert_eq!(template.matches(whole).count(), 1, "{whole}");
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("flake.nix"), template.replace(whole, broken)).unwrap();
        let (is_well, found) = check(&folder);
        assert!(!is_well && found.contains(said), "{broken}: {found}");
    }
}

#[test]
fn the_first_example_of_the_readme_passes_its_own_check() {
    let (_, after) = include_str!("../../../README.md").split_once("```nix\n").unwrap();
    let example = after.split_once("```").unwrap().0;
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("flake.nix"), example).unwrap();
    let (is_well, said) = check(&folder);
    assert!(is_well, "{said}");
    fs::write(folder.path().join("flake.nix"), example.replacen("Hello from", "Hallo von", 1)).unwrap();
    let (is_well, said) = check(&folder);
    assert!(!is_well && said.contains("  - Hello from greeter\n"), "{said}");
}

#[test]
fn the_flake_and_the_overlay_have_the_same_function() {
    let folder = TempDir::new().unwrap();
    let through_flake = build(&format!("{}#hello", nix::repository().display()), "nixpkgs", &[], &folder);
    assert_eq!(through_flake, nix::build(r#"example "hello" { inherit pkgs; }"#));
}

#[test]
fn nix_run_starts_a_container() {
    // With the default runtime, on the machine as it is.
    const SAID: &str = "Hello from a container that Nix built.\n";
    let repository = nix::repository();
    let packages = format!("path:{}/tests/pkgs", repository.display());
    let _stays = nix::build(r#"example "hello" { inherit pkgs; }"#);
    let mut run = nix::nix("nix");
    run.arg("run").arg(format!("{}#hello.run", repository.display()));
    run.args(["--no-write-lock-file", "--override-input", "nixpkgs", &packages]);
    assert_eq!(runner::prints(run), SAID);

    // An ordinary user has no Nix here, and starts what that would.
    let folder = TempDir::new().unwrap();
    let program = build(&format!("{}#hello.run", repository.display()), "nixpkgs", &[], &folder).join("bin/run-hello");
    for uid in runner::USERS {
        assert_eq!(runner::prints(runtime::command_for_user(&program, uid)), SAID, "{uid}");
    }
}
