//! `oci-bundle run` of containers that write to their root, or that may not.

use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::run::{all, container, output, prints};
use crate::runtime::Runtime;
use crate::tree;

#[test]
fn a_writable_container_writes_anywhere_and_the_store_stays() {
    let script =
        "id -u; for at in / /etc /nix/store /new; do mkdir -p $at && echo here > $at/file && cat $at/file; done";
    for store in ["copy", "mount"] {
        let bundle = container(script, &format!("store = \"{store}\";"));
        let before = tree::snapshot(&bundle);
        for (runtime, uid) in all() {
            let mut run = runtime.launcher(uid);
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
            let mut run = runtime.launcher(uid);
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
    let mut run = runtime.launcher(uid);
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

fn owned_by(uid: u32) -> TempDir {
    let folder = TempDir::new().unwrap();
    chown(folder.path(), Some(uid), Some(uid)).unwrap();
    folder
}
