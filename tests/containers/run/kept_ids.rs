//! `oci-bundle run --userns=keep-id`: the container's user is who runs it.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::support::runner::container;
use crate::support::runtime::{self, Runtime};
use crate::support::subordinate_ids::Users;

const UID: u32 = 1234;

fn run(granted: &str, runtime: Runtime, options: &[&str], bundle: &Path) -> Output {
    let users = Users::with(granted);
    runtime.wrapper_prepared(&users.after("true"), UID).args(options).arg(bundle).output().unwrap()
}

/// A directory of the caller's, and the option that mounts it.
fn shared() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("before"), "").unwrap();
    for path in [folder.path(), &folder.path().join("before")] {
        chown(path, Some(UID), Some(UID)).unwrap();
    }
    let mount = format!("--mount={}:/data", folder.path().display());
    (folder, mount)
}

fn owner(file: &Path) -> (u32, u32) {
    let metadata = file.metadata().unwrap();
    (metadata.uid(), metadata.gid())
}

const SCRIPT: &str = r#"
    echo $(id -u) $(id -g) $(stat -c '%u %g' /data/before)
    awk '{ print $1, $2, $3 }' /proc/self/uid_map
    touch /data/after && echo here >/file && cat /file
"#;

#[test]
fn files_of_the_containers_user_are_the_callers() {
    let bundle = container(SCRIPT, "user = { uid = 1000; gid = 100; };");
    let maps = [("ann:100000:65536\n", "1000 0 1\n0 1 1000\n1001 1001 64536\n"), ("", "1000 0 1\n")];
    for (granted, map) in maps {
        for runtime in runtime::ALL {
            let (folder, mount) = shared();
            let output = run(granted, runtime, &["--userns=keep-id", &mount], &bundle);
            if (granted, runtime) == ("", Runtime::Runc) {
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(said.contains("runc needs user 0 and group 0 in the container"), "{said}");
                assert_eq!(output.status.code(), Some(1));
                continue;
            }
            let printed = String::from_utf8_lossy(&output.stdout);
            assert_eq!(printed, format!("1000 100 1000 100\n{map}here\n"), "{runtime:?}: {output:?}");
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{runtime:?}");
            assert_eq!(owner(&folder.path().join("after")), (UID, UID), "{runtime:?}");
        }
    }
}

#[test]
fn without_it_files_are_of_a_subordinate_id() {
    // What the option is for: the same container may not write there.
    let bundle = container("touch /data/after 2>&1 || echo refused", "user = { uid = 1000; gid = 100; };");
    for runtime in runtime::ALL {
        let (_folder, mount) = shared();
        let output = run("ann:100000:65536\n", runtime, &[&mount], &bundle);
        assert!(String::from_utf8_lossy(&output.stdout).ends_with("refused\n"), "{runtime:?}: {output:?}");
    }
}

#[test]
fn the_kept_id_may_be_another_than_the_bundles_user() {
    let bundle = container(SCRIPT, "");
    for runtime in runtime::ALL {
        let (folder, mount) = shared();
        let output = run("ann:100000:65536\n", runtime, &["--userns=keep-id:uid=1234,gid=1234", &mount], &bundle);
        let expected = "1234 1234 1234 1234\n1234 0 1\n0 1 1234\n1235 1235 64302\nhere\n";
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{runtime:?}: {output:?}");
        assert_eq!(owner(&folder.path().join("after")), (UID, UID), "{runtime:?}");
    }
}

#[test]
fn another_user_than_the_kept_one_takes_subordinate_ids() {
    let bundle = container("id -u; stat -c %u /data/before", "");
    let options = ["--userns=keep-id:uid=1234,gid=1234", "--user=7"];
    for runtime in runtime::ALL {
        let (_folder, mount) = shared();
        let output = run("ann:100000:65536\n", runtime, &[options[0], options[1], &mount], &bundle);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "7\n1234\n", "{runtime:?}: {output:?}");
        let output = run("", runtime, &options, &bundle);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("--userns: the container runs as 7:7, and only the kept user 1234:1234 exists here"),
            "{said}"
        );
    }
}

#[test]
fn an_id_above_all_that_are_granted_is_kept() {
    let bundle = container("id -u; awk '{ print $1, $2, $3 }' /proc/self/uid_map", "user.uid = 90000;");
    for runtime in runtime::ALL {
        let output = run("ann:100000:10\nann:200000:10\n", runtime, &["--userns=keep-id"], &bundle);
        let expected = "90000\n90000 0 1\n0 1 10\n10 11 10\n";
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{runtime:?}: {output:?}");
    }
}

#[test]
fn root_has_no_id_to_keep() {
    let bundle = container("exit 0", "");
    let output = Runtime::Crun.wrapper(0).arg("--userns=keep-id").arg(&bundle).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("--userns=keep-id is for ordinary users"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
