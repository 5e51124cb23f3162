//! A run from its start to its end: signals, exit codes, what remains.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::nix;
use crate::support::runner::{USERS, all, container, output, prints};
use crate::support::runtime::{Runtime, command_for_user, wrapper_of};

#[test]
fn the_exit_code_is_the_containers() {
    for (script, code) in [("exit 0", 0), ("exit 3", 3), ("sh -c 'kill -KILL $$'; exit $?", 137)] {
        let bundle = container(script, "");
        for (runtime, uid) in all() {
            let mut run = runtime.wrapper(uid);
            run.arg(&bundle);
            let output = output(run);
            assert_eq!(output.status.code(), Some(code), "{runtime:?}: {uid} {script}: {output:?}");
        }
    }
}

#[test]
fn nothing_remains() {
    let bundle = container("echo x > /file; exit 3", "");
    for (runtime, uid) in all() {
        let mut run = runtime.wrapper(uid);
        let mut run = run.arg(&bundle).spawn().unwrap();
        assert_eq!(run.wait().unwrap().code(), Some(3), "{runtime:?}: {uid}");
        // With a number more in a namespace of processes.
        let name = format!("oci-bundle-{}*", run.id());
        let mut find = Command::new("find");
        // Where runtimes have their state, and where there are control groups.
        let found = find.args(["/run", "/tmp", "/sys/fs/cgroup", "-name", &name]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&found.stdout), "", "{runtime:?}: {uid}");
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains(bundle.to_str().unwrap()), "{runtime:?}: {uid} {mounts}");
        let mut names: Vec<_> = bundle.read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["config.json", "rootfs"]);
    }
}

#[test]
fn a_signal_arrives() {
    let bundle = container("trap 'echo got it; exit 5' TERM; echo ready > /srv/ready; while :; do sleep 0.1; done", "");
    for (runtime, uid) in all() {
        let folder = TempDir::new().unwrap();
        std::os::unix::fs::chown(folder.path(), Some(uid), Some(uid)).unwrap();
        let mut run = runtime.wrapper(uid);
        run.args(["--mount", &format!("{}:/srv", folder.path().display())]).arg(&bundle);
        let run = run.stdout(Stdio::piped()).spawn().unwrap();
        wait_for(&folder.path().join("ready"));
        // unshare(1), sh and setpriv became oci-bundle, which hands it on to the runtime.
        let kill = Command::new("kill").args(["-TERM", &run.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let output = run.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(5), "{runtime:?}: {uid} {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "got it\n", "{runtime:?}: {uid}");
    }
}

/// Waits for a file, for as long as a container may take to start on a busy machine.
fn wait_for(file: &Path) {
    let is_there = |_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        file.exists()
    };
    assert!((0..3_000).any(is_there), "'{}' does not appear", file.display());
}

#[test]
fn whatever_is_killed_nothing_goes_on() {
    let bundle = container("echo ready > /srv/ready; sleep 31415926", "");
    for (runtime, uid) in all() {
        let folder = TempDir::new().unwrap();
        std::os::unix::fs::chown(folder.path(), Some(uid), Some(uid)).unwrap();
        let ready = folder.path().join("ready");
        for kills_runtime in [false, true] {
            let mut run = runtime.wrapper(uid);
            run.args(["--mount", &format!("{}:/srv", folder.path().display())]).arg(&bundle);
            let mut run = run.spawn().unwrap();
            wait_for(&ready);
            fs::remove_file(&ready).unwrap();
            if kills_runtime {
                let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", run.id())).unwrap();
                // The monitor starts it last.
                let started = children.split_whitespace().last().unwrap();
                assert!(Command::new("kill").args(["-KILL", started]).status().unwrap().success(), "{children}");
                assert_eq!(run.wait().unwrap().code(), Some(137), "{runtime:?}: {uid}");
            } else {
                run.kill().unwrap();
                assert_eq!(run.wait().unwrap().signal(), Some(9), "{runtime:?}: {uid}");
            }
            // What was killed is there for another moment.
            let is_gone = |_: &u32| {
                std::thread::sleep(std::time::Duration::from_millis(20));
                !Command::new("pgrep").args(["-f", "^sleep 31415926"]).output().unwrap().status.success()
            };
            assert!((0..500).find(is_gone).is_some(), "{runtime:?}: {uid}: the container goes on");
            // A record, and empty control groups, which the next look removes.
            let mut ps = command_for_user(&nix::program("oci-bundle"), uid);
            ps.args(["ps", "--json"]);
            let listed = prints(ps);
            assert!(!listed.contains(&format!("\"pid\": {}", run.id())), "{runtime:?}: {uid}: {listed}");
            let name = format!("oci-bundle-{}*", run.id());
            assert!(cgroups(&name).is_empty(), "{runtime:?}: {name} has its control groups still");
        }
    }
}

#[test]
fn a_container_that_ends_while_its_signal_is_sent_has_stopped() {
    let bundle = container("trap 'exit 0' TERM; while :; do sleep 0.1; done", "");
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // runc, whose process that sends signals is there until the kernel ends it with the container.
    let (slow, runc) = (folder.path().join("runc"), Runtime::Runc.program());
    let runc = runc.display();
    let text = format!(
        "#!/bin/sh\ncase \" $* \" in *' kill '*) {runc} \"$@\" && exec sleep 60 ;; *) exec {runc} \"$@\" ;; esac\n"
    );
    fs::write(&slow, text).unwrap();
    fs::set_permissions(&slow, fs::Permissions::from_mode(0o755)).unwrap();
    for uid in USERS {
        let name = format!("slow-{}-{uid}", std::process::id());
        let mut run = wrapper_of(&slow, "true", uid);
        run.args(["--detach", "--name", &name]).arg(&bundle);
        assert_eq!(prints(run), format!("{name}\n"), "{uid}");
        let mut stop = command_for_user(&nix::program("oci-bundle"), uid);
        stop.args(["stop", &name]);
        assert_eq!(prints(stop), format!("{name}\n"), "{uid}");
    }
}

/// The control groups of a container.
fn cgroups(name: &str) -> Vec<u8> {
    let mut find = Command::new("find");
    find.args(["/sys/fs/cgroup", "-depth", "-type", "d", "-name", name]).output().unwrap().stdout
}
