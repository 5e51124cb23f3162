//! `oci-bundle run` on machines that have cgroups of the one or the other version, of both or none.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use crate::support::built::Built;
use crate::support::machine::{self, Machine};
use crate::support::runner::{all, container};
use crate::support::runtime::Runtime;
use crate::support::tree;

/// Runs a bundle everywhere, for root and for an ordinary user. Each output is said to be right or wrong.
fn everywhere(bundle: &Built, problem: impl Fn(Machine, u32, &Output) -> Option<String>) {
    let mut wrong = Vec::new();
    for machine in machine::ALL {
        let Some(preparation) = machine.preparation() else { continue };
        for (runtime, uid) in all() {
            let output = runtime.wrapper_prepared(&preparation, uid).arg(&**bundle).output().unwrap();
            if machine == Machine::WithoutSys && runtime == Runtime::Runc {
                assert_eq!(output.status.code(), Some(1));
                let said = "oci-bundle: runc needs cgroups, and this host has none; use crun\n";
                assert_eq!(String::from_utf8_lossy(&output.stderr), said);
                continue;
            }
            let problem = problem(machine, uid, &output);
            wrong.extend(problem.map(|problem| format!("{machine:?}, {runtime:?}, {uid}: {problem}: {output:?}")));
        }
    }
    assert!(wrong.is_empty(), "{}: {wrong:#?}", wrong.len());
}

/// What is wrong with what is said, which is a line of the program's own at most.
fn said_too_much(output: &Output) -> Option<String> {
    let said = String::from_utf8_lossy(&output.stderr);
    let is_short = said.lines().count() <= 1 && (said.is_empty() || said.starts_with("oci-bundle: "));
    (!is_short).then(|| "said too much".to_owned())
}

#[test]
fn a_container_starts() {
    for arguments in ["", "readonly = true;", r#"store = "mount";"#] {
        let bundle = container("echo ran; exit 3", arguments);
        everywhere(&bundle, |_, _, output| {
            let is_right = output.status.code() == Some(3) && output.stdout == b"ran\n";
            if is_right { said_too_much(output) } else { Some("did not run".to_owned()) }
        });
    }
}

#[test]
fn limits_hold_for_root_or_are_said_to_be_dropped() {
    let script = r#"
        own=$(sed -n s/^0:://p /proc/self/cgroup)
        for file in /sys/fs/cgroup/pids/pids.max "/sys/fs/cgroup$own/pids.max"; do
            if [ -e "$file" ]; then cat "$file"; fi
        done
        exit 3
    "#;
    let bundle = container(script, "config.linux.resources.pids.limit = 77;");
    everywhere(&bundle, |machine, uid, output| {
        let is_held = uid == 0 && machine.has_limits();
        if output.status.code() != Some(3) {
            Some("did not run".to_owned())
        } else if is_held {
            (output.stdout != b"77\n" || !output.stderr.is_empty()).then(|| "the limit does not hold".to_owned())
        } else if output.stderr.is_empty() {
            Some("the limit is dropped without a word".to_owned())
        } else {
            said_too_much(output)
        }
    });
}

#[test]
fn no_container_makes_cgroups_of_its_own() {
    let script = r"
        for it in /sys/fs/cgroup /sys/fs/cgroup/*; do
            if [ -e $it/cgroup.procs ] && mkdir $it/new 2>/dev/null; then echo $it; fi
        done
        exit 3
    ";
    let bundle = container(script, "readonly = true;");
    everywhere(&bundle, |_, _, output| {
        let is_right = output.status.code() == Some(3) && output.stdout.is_empty();
        (!is_right).then(|| "made some, or did not run".to_owned())
    });
}

/// Any user may mount a file system of FUSE wherever.
#[test]
fn a_mount_at_a_name_of_any_bytes_stops_no_run() {
    let bundle = container("exit 3", "config.linux.resources.pids.limit = 77;");
    let mount = r#"mount -t tmpfs tmpfs /mnt && d=/mnt/$(printf '\377') && mkdir "$d" && mount -t tmpfs tmpfs "$d""#;
    for (runtime, uid) in all() {
        let mut run = runtime.wrapper_prepared(mount, uid);
        let output = run.arg(&*bundle).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{runtime:?} {uid}: {output:?}");
        // Limits hold as before.
        assert!(uid != 0 || output.stderr.is_empty(), "{runtime:?}: {output:?}");
    }
}

/// In a directory of a bundle that others may write to, as well.
#[test]
fn a_mount_of_somebody_else_in_a_bundle_stops_no_run() {
    for readonly in ["", "readonly = true;"] {
        let copy = tree::writable(&container("exit 3", readonly));
        fs::set_permissions(copy.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let place = copy.path().join("rootfs/tmp");
        let mount = format!(
            r#"d={}/$(printf '\377\134 ') && mkdir -p "$d" && mount -t tmpfs tmpfs "$d" && touch "$d/there""#,
            place.display()
        );
        // The kernel lays no overlay of an ordinary user over a mount of others.
        for (runtime, uid) in all().filter(|(_, uid)| *uid == 0 || !readonly.is_empty()) {
            let output = runtime.wrapper_prepared(&mount, uid).arg(copy.path()).output().unwrap();
            assert_eq!(output.status.code(), Some(3), "{runtime:?} {uid} {readonly}: {output:?}");
        }
    }
}
