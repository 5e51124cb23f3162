//! `oci-bundle run` of containers that write to their root, or that may not.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::runner::{all, container, output, prints};
use crate::support::runtime::{self, Runtime};
use crate::support::subordinate_ids::Users;
use crate::support::tree;

#[test]
fn a_writable_container_writes_anywhere_and_the_store_stays() {
    let script =
        "id -u; for at in / /etc /nix/store /new; do mkdir -p $at && echo here > $at/file && cat $at/file; done";
    for store in ["copy", "mount"] {
        let bundle = container(script, &format!("store = \"{store}\";"));
        let before = tree::snapshot(&bundle);
        for (runtime, uid) in all() {
            let mut run = runtime.wrapper(uid);
            run.arg(&bundle);
            assert_eq!(prints(run), "0\nhere\nhere\nhere\nhere\n", "{runtime:?}: {uid} {store}");
            assert!(before == tree::snapshot(&bundle), "{runtime:?}: {uid} {store}");
        }
    }
}

#[test]
fn a_read_only_container_writes_nowhere() {
    for store in ["copy", "mount"] {
        let bundle = container("echo x 2>&1 > /file", &format!("store = \"{store}\"; readonly = true;"));
        for (runtime, uid) in all() {
            let mut run = runtime.wrapper(uid);
            run.arg(&bundle);
            let output = output(run);
            assert!(
                String::from_utf8_lossy(&output.stdout).contains("Read-only file system"),
                "{runtime:?}: {output:?}"
            );
            assert_eq!(output.status.code(), Some(1), "{runtime:?}: {uid} {store}");
        }
    }
}

#[test]
fn everybody_writes_to_tmp_of_a_read_only_container() {
    let script = "stat -c %a /tmp && echo here >/tmp/file && cat /tmp/file && echo x 2>/dev/null >/file || echo sealed";
    for user in ["", "user.uid = 1000;"] {
        let bundle = container(script, &format!("readonly = true; {user}"));
        for (runtime, uid) in all() {
            let users = Users::with("ann:100000:65536\n");
            let mut run = runtime.wrapper_prepared(&users.after("true"), uid);
            run.arg(&bundle);
            assert_eq!(prints(run), "1777\nhere\nsealed\n", "{runtime:?}: {uid} {user}");
        }
    }
}

#[test]
fn what_is_written_can_be_kept() {
    let bundle = container("cat /file; echo again >> /file", "");
    for (runtime, uid) in all() {
        let folder = owned_by(uid);
        let printed = [0; 3].map(|_| prints(keeping(runtime, uid, &folder, &bundle)));
        assert_eq!(printed, ["", "again\n", "again\nagain\n"], "{runtime:?}: {uid}");
    }
}

/// A run of a bundle that keeps what is written.
fn keeping(runtime: Runtime, uid: u32, folder: &TempDir, bundle: &Path) -> Command {
    let mut run = runtime.wrapper(uid);
    run.arg("--state").arg(folder.path().join("state")).arg(bundle);
    run
}

#[test]
fn a_directory_that_was_removed_stays_so() {
    let files = r#"files = { "/srv/gone/x/y".text = ""; "/srv/new/x/y".text = ""; };"#;
    let script = "ls /srv; rm -rf /srv/gone /srv/new && mkdir /srv/new; ls /srv/new";
    let bundle = container(script, files);
    for (runtime, uid) in all() {
        let folder = owned_by(uid);
        let printed = [0; 2].map(|_| prints(keeping(runtime, uid, &folder, &bundle)));
        assert_eq!(printed, ["gone\nnew\n", "new\n"], "{runtime:?}: {uid}");
    }
}

#[test]
fn a_new_bundle_can_be_written_to_with_what_was_kept() {
    let old = container("echo old > /srv/file", r#"files."/srv/x".text = "";"#);
    let new =
        container("cat /srv/file; echo new > /srv/new/file && cat /srv/new/file", r#"files."/srv/new/x".text = "";"#);
    for (runtime, uid) in all() {
        let folder = owned_by(uid);
        let printed = [&old, &new].map(|bundle| prints(keeping(runtime, uid, &folder, bundle)));
        assert_eq!(printed, ["", "old\nnew\n"], "{runtime:?}: {uid}");
    }
}

#[test]
fn a_directory_of_an_old_bundle_does_not_hide_what_a_new_one_has() {
    let old = container("ls -d /srv/it /opt/it", r#"files = { "/srv/it/x".text = ""; "/opt/it/x".text = ""; };"#);
    let link = r#"files = { "/srv/it".text = "a file"; "/opt/it".source = "${pkgs.hello}/bin/hello"; };"#;
    let new = container("cat /srv/it; [ -x /opt/it ] || [ -f /opt/it ]", link);
    for (runtime, uid) in all() {
        let folder = owned_by(uid);
        let printed = [&old, &new].map(|bundle| prints(keeping(runtime, uid, &folder, bundle)));
        assert_eq!(printed[1], "a file", "{runtime:?}: {uid} {printed:?}");
    }
}

#[test]
fn one_container_at_a_time_has_a_state() {
    let bundle = container("echo ready; read line; echo got $line", "");
    for (runtime, uid) in all() {
        let folder = owned_by(uid);
        let mut first = keeping(runtime, uid, &folder, &bundle);
        let mut first = first.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut printed = BufReader::new(first.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert_eq!(printed.next().unwrap(), "ready");
        let said = String::from_utf8(output(keeping(runtime, uid, &folder, &bundle)).stderr).unwrap();
        let expected = format!(
            "oci-bundle: --state '{}': another container is using it; wait until that ends, or choose another directory\n",
            folder.path().join("state").display()
        );
        assert_eq!(said, expected);
        first.stdin.take().unwrap().write_all(b"it\n").unwrap();
        assert_eq!(printed.next().unwrap(), "got it", "{runtime:?}: {uid}");
        assert!(first.wait().unwrap().success());
        assert!(keeping(runtime, uid, &folder, &bundle).output().unwrap().status.success());
    }
}

#[test]
fn a_state_that_would_not_be_safe_is_refused() {
    let bundle = container("exit 0", "");
    let folder = owned_by(0);
    assert!(output(keeping(Runtime::Runc, 0, &folder, &bundle)).status.success());
    let state = folder.path().join("state");
    let recursively = Command::new("chown").args(["-R", "1234"]).arg(folder.path()).status().unwrap();
    assert!(recursively.success());
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let inside = bundle.join("rootfs/tmp");
    let store = Path::new("/nix/store/oci-bundle-state");
    for (uid, state, problem) in [
        (1234, state.as_path(), "it belongs to a container run by root, and this one is run by an ordinary user"),
        (0, &file, "found a file, want a directory"),
        (0, &inside, "is in '/nix/store', which must not change; choose a directory outside"),
        (0, store, "is in '/nix/store', which must not change; choose a directory outside"),
        (1234, Path::new("/proc/state"), "making the directory '/proc/state': No such file or directory (os error 2)"),
    ] {
        let mut run = Runtime::Runc.wrapper(uid);
        let output = run.arg("--state").arg(state).arg(&bundle).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said, format!("oci-bundle: --state '{}': {problem}\n", state.display()));
        assert_eq!(output.status.code(), Some(1));
    }
    assert!(!store.exists());
}

#[test]
fn directories_keep_their_modes_and_owners() {
    let bundle =
        container("stat -c '%a %u %n' / /srv /srv/sticky /srv/of-user /srv/closed /tmp; touch /srv/of-user/x", "");
    let copy = tree::writable(&bundle);
    let srv = copy.path().join("rootfs/srv");
    for (name, mode, uid) in [("", 0o755, 0), ("sticky", 0o1777, 0), ("of-user", 0o755, 5), ("closed", 0o700, 0)] {
        let path = srv.join(name);
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        chown(&path, Some(uid), Some(uid)).unwrap();
    }
    for runtime in runtime::ALL {
        // The umask of the caller has nothing to do with it.
        let mut run = runtime.wrapper_prepared("umask 077", 0);
        run.args(["--user", "5"]).arg(copy.path());
        let expected = "755 0 /\n755 0 /srv\n1777 0 /srv/sticky\n755 5 /srv/of-user\n700 0 /srv/closed\n1777 0 /tmp\n";
        assert_eq!(prints(run), expected, "{runtime:?}");
    }
}

#[test]
fn the_root_file_system_is_in_the_bundle() {
    let bundle = container("echo x > /file && cat /file", "");
    let copy = tree::writable(&bundle);
    let elsewhere = TempDir::new().unwrap();
    for folder in [&copy, &elsewhere] {
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    }
    let config = fs::read_to_string(copy.path().join("config.json")).unwrap();
    let set_root = |root: &Path| {
        let text = config.replace(r#""path": "rootfs""#, &format!(r#""path": {root:?}"#));
        assert_ne!(text, config);
        fs::write(copy.path().join("config.json"), text).unwrap();
    };
    let root = copy.path().join("another");
    assert!(Command::new("mv").arg(copy.path().join("rootfs")).arg(&root).status().unwrap().success());
    for path in [Path::new("another"), &root] {
        set_root(path);
        for (runtime, uid) in all() {
            let mut run = runtime.wrapper(uid);
            run.arg(copy.path());
            assert_eq!(prints(run), "x\n", "{runtime:?}: {uid}");
            assert!(!root.join("file").exists());
        }
    }
    std::os::unix::fs::symlink("/", copy.path().join("link")).unwrap();
    for (path, problem) in [
        (elsewhere.path(), "is outside of the bundle"),
        (Path::new("/"), "is outside of the bundle"),
        (Path::new("link"), "is a link, or leads through one"),
    ] {
        set_root(path);
        for options in [&["--dry-run"][..], &[]] {
            let output = Runtime::Crun.wrapper(0).args(options).arg(copy.path()).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{path:?}: {output:?}");
            assert!(said.contains("config.json: root.path: ") && said.contains(problem), "{path:?}: {said}");
            assert!(output.stdout.is_empty(), "{output:?}");
        }
    }
}

fn owned_by(uid: u32) -> TempDir {
    let folder = TempDir::new().unwrap();
    chown(folder.path(), Some(uid), Some(uid)).unwrap();
    folder
}
