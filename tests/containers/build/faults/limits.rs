//! Limits of files and memory, and what is in the way.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::json;

use crate::build::faults::{Case, listing};

#[test]
fn few_open_files_are_enough_and_fewer_are_named() {
    let case = Case::new();
    let tree = case.builder.store_path("tree");
    for number in 0..300 {
        let directory = tree.join(format!("wide/{number}/a/b/c/d"));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("file"), "x").unwrap();
    }
    assert!(case.build(&["env"]).status.success());
    let good = listing(&case.out());
    let output = case.build(&["prlimit", "--nofile=32"]);
    assert!(output.status.success(), "{output:?}");
    assert!(listing(&case.out()) == good);

    for most in 3..12 {
        let output = case.build(&["prlimit", &format!("--nofile={most}")]);
        let said = String::from_utf8(output.stderr).unwrap();
        if output.status.success() {
            assert!(listing(&case.out()) == good, "{most}");
        } else {
            assert!(
                said.starts_with("buildContainer: ") && said.contains('\'') && said.contains("os error 24"),
                "{said}"
            );
            // What removes directories has to open them.
            assert!(!case.out().join("config.json").exists(), "{most}");
        }
    }
}

#[test]
fn what_failed_is_removed_however_deep_it_is() {
    let mut case = Case::new();
    let deep: PathBuf = std::iter::repeat_n("d", 300).collect();
    fs::create_dir_all(case.builder.store_path("other").join(deep)).unwrap();
    assert!(case.build(&["prlimit", "--nofile=64"]).status.success());
    // The rootfs is at a path of its own, below which this one is longer than Linux takes.
    case.container["files"]["/n".repeat(2040)] = json!({ "text": "" });
    let output = case.build(&["prlimit", "--nofile=64"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("File name too long"), "{said}");
    assert!(!case.out().exists());
}

#[test]
fn without_enough_memory_there_is_no_config() {
    let case = Case::new();
    assert!(case.build(&["env"]).status.success());
    let good = listing(&case.out());
    let mut failed = 0;
    for mebibytes in 1..40 {
        let output = case.build(&["prlimit", &format!("--as={}", mebibytes << 20)]);
        if output.status.success() {
            assert!(listing(&case.out()) == good, "{mebibytes}");
        } else {
            assert!(!case.out().join("config.json").exists(), "{mebibytes}");
            failed += 1;
        }
    }
    assert!((3..39).contains(&failed), "{failed} failed");
}

#[test]
fn what_may_not_be_read_is_named() {
    let case = Case::new();
    fs::set_permissions(case.builder.folder(), Permissions::from_mode(0o777)).unwrap();
    let file = case.builder.store_path("tree").join("share/small");
    fs::set_permissions(&file, Permissions::from_mode(0o000)).unwrap();
    let output = case.build(&["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("buildContainer: reading '"), "{said}");
    assert!(said.ends_with("Permission denied (os error 13)\n"), "{said}");
    assert!(!case.out().exists());
}
