//! What a container of `oci-bundle run` inherits of whoever runs it: open files, and supplementary groups.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::nix;
use crate::support::runner::{USERS, all, container, prints};
use crate::support::runtime;
use crate::support::subordinate_ids::Users;

/// The descriptors of the container's first process, and what the environment says of them.
const FILES: &str = "ls /proc/1/fd; echo fds=$LISTEN_FDS";

#[test]
fn no_open_file_comes_along() {
    let bundle = container(FILES, "");
    for (runtime, uid) in all() {
        // Variables that are another process's, or that say more than there is, change nothing.
        for variables in ["", "LISTEN_FDS=1", "LISTEN_FDS=7 LISTEN_PID=1", "LISTEN_FDS=99999 LISTEN_PID=$$"] {
            let preparation = format!("exec 3</ 9</ && export NONE= {variables}");
            let mut run = runtime.wrapper_prepared(&preparation, uid);
            run.arg(&bundle);
            assert_eq!(prints(run), "0\n1\n2\nfds=\n", "{runtime:?}: {uid} {variables}");
        }
    }
}

#[test]
fn sockets_come_along_and_nothing_else() {
    let bundle = container(FILES, "");
    let readonly = container(FILES, "readonly = true;");
    let preparation = "exec 3</dev/null 4</dev/null 5</ 9</ && export LISTEN_FDS=2 LISTEN_PID=$$";
    for (runtime, uid) in all() {
        let mut run = runtime.wrapper_prepared(preparation, uid);
        run.arg(&readonly);
        let printed = prints(run);
        assert!(printed.starts_with("0\n1\n2\n3\n4\nfds="), "{runtime:?}: {uid} {printed}");
        // The lock of the directory is open in the runtime.
        let folder = TempDir::new().unwrap();
        std::os::unix::fs::chown(folder.path(), Some(uid), Some(uid)).unwrap();
        let mut run = runtime.wrapper_prepared(preparation, uid);
        run.arg("--state").arg(folder.path()).arg(&bundle);
        let printed = prints(run);
        assert!(printed.starts_with("0\n1\n2\n3\n4\nfds="), "{runtime:?}: {uid} {printed}");
        // So are those of volumes.
        let folder = TempDir::new().unwrap();
        std::os::unix::fs::chown(folder.path(), Some(uid), Some(uid)).unwrap();
        let mut run = runtime.wrapper_prepared(preparation, uid);
        run.arg("--state-home").arg(folder.path()).args(["-v", "one:/one", "-v", "two:/two"]).arg(&bundle);
        let printed = prints(run);
        assert!(printed.starts_with("0\n1\n2\n3\n4\nfds="), "{runtime:?}: {uid} {printed}");
    }
}

/// A runtime that tells what it was given: runc and crun close files and leave groups themselves, but only late, when they have
/// opened what a bundle names.
fn telling() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.path().join("telling");
    // Its own text is open above 9.
    let script = "#!/bin/sh\nfor fd in 3 4 5 6 7 8 9; do [ ! -L /proc/$$/fd/$fd ] || printf \"$fd \"; done\necho fds=$LISTEN_FDS\ngrep ^Groups: /proc/$$/status\n";
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    (folder, program)
}

#[test]
fn a_runtime_has_no_open_file_but_sockets() {
    let bundle = container("exit 0", "");
    let (_folder, runtime) = telling();
    for uid in USERS {
        let run = |variables: &str, state: Option<&Path>| {
            let preparation = format!("exec 3</dev/null 4</ 9</ && export NONE= {variables}");
            let mut run = runtime::wrapper_of(&runtime, &preparation, uid);
            if let Some(state) = state {
                run.arg("--state").arg(state);
            }
            run.arg(&bundle);
            prints(run).lines().next().unwrap().to_owned()
        };
        assert_eq!(run("", None), "fds=", "{uid}");
        assert_eq!(run("LISTEN_FDS=1 LISTEN_PID=1", None), "fds=", "{uid}");
        assert_eq!(run("LISTEN_FDS=9 LISTEN_PID=$$", None), "fds=", "{uid}");
        assert_eq!(run("LISTEN_FDS=1 LISTEN_PID=$$", None), "3 fds=1", "{uid}");
        let state = TempDir::new().unwrap();
        std::os::unix::fs::chown(state.path(), Some(uid), Some(uid)).unwrap();
        // The process that stays has the lock.
        assert_eq!(run("LISTEN_FDS=1 LISTEN_PID=$$", Some(state.path())), "3 fds=1", "{uid}");
    }
}

#[test]
fn a_runtime_has_no_supplementary_groups() {
    let bundle = container("exit 0", "");
    let (_folder, runtime) = telling();
    let granted = Users::with("ann:100000:65536\n");
    for uid in USERS {
        let output = in_groups(runtime::wrapper_of(&runtime, &granted.after("true"), 0).arg(&bundle), uid);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(printed.lines().nth(1).map(str::trim), Some("Groups:"), "{uid}: {output:?}");
    }
}

/// Starts what root would start as a user who is in groups.
fn in_groups(of_root: &Command, uid: u32) -> Output {
    let words: Vec<_> = of_root.get_args().collect();
    let program = nix::program("oci-bundle");
    let at = words.iter().position(|word| *word == program).unwrap();
    let user = [format!("--reuid={uid}"), format!("--regid={uid}"), "--groups=27,100".to_owned()];
    let mut run = Command::new(of_root.get_program());
    run.args(&words[..at]).arg("setpriv").args(user).args(&words[at..]).output().unwrap()
}

#[test]
fn supplementary_groups_stay_behind_where_they_can() {
    let bundle = container("sed -n 's/^Groups:[[:space:]]*//p' /proc/self/status", "");
    let none = Users::with("");
    let granted = Users::with("ann:100000:65536\n");
    for runtime in runtime::ALL {
        for uid in USERS {
            let output = in_groups(runtime.wrapper_prepared(&granted.after("true"), 0).arg(&bundle), uid);
            assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "", "{runtime:?}: {uid} {output:?}");
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{runtime:?}: {uid}");
        }
        let output = in_groups(runtime.wrapper_prepared(&none.after("true"), 0).arg(&bundle), 1234);
        let said = "oci-bundle: warning: the container keeps your supplementary groups 27, 100: leaving them needs root or a \
                    grant in /etc/subgid\n";
        assert_eq!(String::from_utf8_lossy(&output.stderr), said, "{runtime:?}");
        // Groups that have no number there.
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "65534 65534", "{runtime:?}: {output:?}");
    }
}
