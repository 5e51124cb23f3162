//! `oci-bundle run`, for root and for an ordinary user.

use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::built::Built;
use crate::support::nix;
use crate::support::runtime::{self, Runtime};
use crate::support::tree;

/// Root, and somebody who is not.
pub const USERS: [u32; 2] = [0, 1234];

/// Both kinds of root file systems.
pub const READONLY: [&str; 2] = ["readonly = true;", "readonly = false;"];

/// A container that runs a script, in which busybox has all the tools.
pub fn container(script: &str, arguments: &str) -> Built {
    let script = nix::string(script);
    nix::build(&format!(
        r#"buildContainer {{
             name = "script";
             args = [ "sh" "-c" {script} "sh" ];
             contents = [ pkgs.busybox ];
             {arguments}
           }}"#
    ))
}

pub fn output(mut command: Command) -> Output {
    command.output().unwrap()
}

pub fn prints(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every runtime, for each of the users.
pub fn all() -> impl Iterator<Item = (Runtime, u32)> {
    runtime::ALL.into_iter().flat_map(|runtime| USERS.map(|uid| (runtime, uid)))
}

/// Runs a bundle that another tool could have made: buildContainer refuses what plain runtimes would make in it.
pub fn run_foreign(script: &str, change: impl Fn(&mut Value), check: impl Fn(Command, u32)) {
    for readonly in READONLY {
        let copy = tree::writable(&container(script, readonly));
        fs::set_permissions(copy.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let config = copy.path().join("config.json");
        let mut document: Value = serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
        document["annotations"]["bundle"] = json!(copy.path());
        change(&mut document);
        fs::write(&config, document.to_string()).unwrap();
        let before = tree::snapshot(copy.path());
        for (runtime, uid) in all() {
            let mut run = runtime.wrapper(uid);
            run.arg(copy.path());
            check(run, uid);
            assert!(before == tree::snapshot(copy.path()), "{runtime:?}: {uid} {readonly}");
        }
    }
}

/// What is said instead of a run.
pub fn refusal(run: Command) -> String {
    let output = output(run);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}
