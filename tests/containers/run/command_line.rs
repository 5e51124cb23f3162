//! What `oci-bundle run` is told, and what it says.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::nix;
use crate::support::runner::{all, container, output, prints};
use crate::support::runtime::{self, Runtime};

#[test]
fn a_bundle_may_be_anywhere() {
    let bundle = container("echo x > /file && cat /file", "");
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("a:b c\\d");
    assert!(Command::new("cp").arg("-r").args([bundle.as_os_str(), copy.as_os_str()]).status().unwrap().success());
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for (runtime, uid) in all() {
        let mut run = runtime.wrapper(uid);
        run.current_dir(&copy).arg(".");
        assert_eq!(prints(run), "x\n", "{runtime:?}: {uid}");
    }
}

#[test]
fn the_runtime_is_looked_for() {
    let bundle = container("exit 7", "");
    let folder = TempDir::new().unwrap();
    // A runtime that tells its name.
    let path = |names: &[&str]| {
        let path = folder.path().join(names.concat());
        fs::create_dir(&path).unwrap();
        for name in names {
            fs::write(path.join(name), format!("#!/bin/sh\necho {name}\n")).unwrap();
            fs::set_permissions(path.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        path
    };
    let (all, two, one) = (path(&["crun", "runc", "youki"]), path(&["youki", "runc"]), path(&["youki"]));
    let started = |path: &Path, options: &[&str], variable: Option<&str>| {
        let mut run = Command::new(nix::program("oci-bundle"));
        run.arg("run").args(options).arg(&bundle).current_dir(&one).env("PATH", path);
        run.env_remove("OCI_RUNTIME").envs(variable.map(|value| ("OCI_RUNTIME", value)));
        prints(run).trim().to_owned()
    };
    assert_eq!(started(&all, &[], None), "crun");
    assert_eq!(started(&two, &[], None), "runc");
    assert_eq!(started(&one, &[], None), "youki");
    assert_eq!(started(&all, &[], Some("youki")), "youki");
    assert_eq!(started(&all, &["--runtime", "runc"], Some("youki")), "runc");
    assert_eq!(started(&all, &["--runtime", "./youki"], None), "youki");
    // A variable that is empty, a directory of that name, and one whose name is no text.
    assert_eq!(started(&all, &[], Some("")), "crun");
    let odd = folder.path().join("odd");
    fs::create_dir_all(odd.join("crun")).unwrap();
    let path = [odd.as_os_str().as_bytes(), b"/\xff", one.as_os_str().as_bytes()].join(&b':');
    assert_eq!(started(Path::new(OsStr::from_bytes(&path)), &[], None), "youki");
}

#[test]
fn options_change_the_container() {
    let bundle = container("echo $A $(id -u) $(cat /host/file)", "env.A = \"a\"; user.uid = 5;");
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "of the host").unwrap();
    std::os::unix::fs::chown(folder.path(), Some(1234), None).unwrap();
    for (runtime, uid) in all() {
        if (runtime, uid) == (Runtime::Runc, 1234) {
            let mut run = runtime.wrapper(uid);
            run.arg(&bundle);
            let said = String::from_utf8(output(run).stderr).unwrap();
            let message = "oci-bundle: runc needs user 0 and group 0 in the container, and without root there is only one \
                           of each, 5 and 5 here; use crun, or --user 0, or have root grant ids in /etc/subuid and \
                           /etc/subgid\n";
            assert_eq!(said, message);
            continue;
        }
        let mut run = runtime.wrapper(uid);
        run.args(["--env", "A=b", "--mount", &format!("{}:/host:ro", folder.path().display())]).arg(&bundle);
        assert_eq!(prints(run), "b 5 of the host\n", "{runtime:?}: {uid}");

        let mut run = runtime.wrapper(uid);
        run.args(["--user", "7:8", "--shell=/bin/echo"]).arg(&bundle).args(["--", "in", "echo"]);
        assert_eq!(prints(run), "in echo\n", "{runtime:?}: {uid}");
    }
}

#[test]
fn a_read_only_mount_is_so_with_all_below() {
    let bundle = container("for at in /host/x /host/below/x; do touch $at 2>&1; done", "");
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("below")).unwrap();
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let below = format!("mount -t tmpfs -o mode=777 tmpfs {}/below", folder.path().display());
    for (runtime, uid) in all() {
        let mut run = runtime.wrapper_prepared(&below, uid);
        run.args(["--mount", &format!("{}:/host:ro", folder.path().display())]).arg(&bundle);
        let printed = String::from_utf8(output(run).stdout).unwrap();
        assert_eq!(printed.matches("Read-only file system").count(), 2, "{runtime:?}: {uid} {printed}");
    }
}

#[test]
fn root_of_a_user_namespace_is_an_ordinary_user() {
    let bundle = container("id -u; echo x > /file && cat /file", "config.linux.resources.pids.limit = 5;");
    for runtime in runtime::ALL {
        let mut run = runtime::command_for_user(Path::new("unshare"), 1234);
        run.args(["--user", "--map-root-user"]).arg(nix::program("oci-bundle")).args(["run", "--runtime"]);
        let output =
            run.arg(nix::program(if runtime == Runtime::Runc { "runc" } else { "crun" })).arg(&bundle).output();
        let output = output.unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "0\nx\n", "{runtime:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("warning: pids limits dropped"), "{output:?}");
    }
}

#[test]
fn a_dry_run_prints_what_would_be_used() {
    let bundle = container("exit 9", "config.linux.resources.pids.limit = 5;");
    let of_bundle: Value = serde_json::from_slice(&fs::read(bundle.join("config.json")).unwrap()).unwrap();
    let run = |uid| {
        let mut run = Runtime::Runc.wrapper(uid);
        run.arg("--dry-run").arg(&bundle);
        let output = output(run);
        assert!(output.status.success(), "{output:?}");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        (document, String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(run(0), (of_bundle, String::new()));
    let (document, said) = run(1234);
    assert_eq!(document["linux"].get("resources"), None);
    assert_eq!(said, "oci-bundle: warning: pids limits dropped: they need root or a delegated cgroup\n");
}

#[test]
fn what_cannot_be_run_is_named() {
    let program = nix::program("oci-bundle");
    let bundle = container("exit 0", "");
    let readonly = container("exit 0", "readonly = true;");
    for (arguments, message) in [
        (
            vec!["/does/not/exist"],
            "reading '/does/not/exist/config.json'; want a bundle, such as ./result of a nix build",
        ),
        (
            vec!["--runtime", "no-such-runtime", bundle.to_str().unwrap()],
            "oci-bundle: no OCI runtime 'no-such-runtime'; --runtime and OCI_RUNTIME take a path, or a name on PATH",
        ),
        (
            vec!["--runtime", "/bin/true", "--state", "/tmp/state", readonly.to_str().unwrap()],
            "oci-bundle: --state: the container is 'readonly' and writes nothing to keep; leave the option out",
        ),
        (
            vec![bundle.to_str().unwrap()],
            "no OCI runtime: crun, runc, youki are not on PATH; install one, or name one with --runtime or OCI_RUNTIME",
        ),
    ] {
        let output = Command::new(&program).arg("run").args(&arguments).env_clear().env("PATH", "/var/empty").output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(message), "{output:?}");
    }
    // What is printed finds no room.
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut printing = Command::new(&program);
    let output = printing.args(["run", "--dry-run"]).arg(&bundle).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let said = String::from_utf8(output.wait_with_output().unwrap().stderr).unwrap();
    assert_eq!(said, "oci-bundle: writing to standard output: No space left on device (os error 28)\n");
    // -1 in 32 bits: runtimes would leave the process root.
    let output = Command::new(&program).args(["run", "--user", "4294967295"]).arg(&bundle).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("want a number from 0 to 4294967294"), "{output:?}");
}
