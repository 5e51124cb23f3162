use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::runner::files::root_dir::{RootDir, tests::open};

fn said(cwd: &str, root: &RootDir) -> Option<String> {
    let mounts = json!([
        { "destination": "/also//proc/", "type": "proc", "source": "proc" },
        { "destination": "/bound", "type": "bind", "source": "/proc/self" },
        { "destination": "/data", "type": "bind", "source": "/procedures" },
    ]);
    let config = RuntimeConfig::from(json!({ "process": { "cwd": cwd }, "mounts": mounts }));
    check_planned(&config, root).err().map(|error| error.to_string())
}

#[test]
fn no_working_directory_is_in_a_proc() {
    let folder = TempDir::new().unwrap();
    let empty = open(folder.path());
    for cwd in
        ["/proc/self/fd/9", "//proc/./self/cwd", "/srv/../proc/1", "/also/proc/self", "/bound/fd/3", "/../proc/x"]
    {
        assert!(said(cwd, &empty).is_some(), "{cwd}");
    }
    for cwd in ["/", "/proc", "/procedure", "/proc/..", "/srv/proc/x", "/data/x", "/also/process", "", "x"] {
        assert_eq!(said(cwd, &empty), None, "{cwd}");
    }
    assert_eq!(
        said("/proc/self/fd/9", &empty).unwrap(),
        "process.cwd: found '/proc/self/fd/9', want a directory that is not below /proc"
    );
}

#[test]
fn links_of_the_root_file_system_are_followed() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("a/b")).unwrap();
    symlink("/proc/self/fd/9", root.join("direct")).unwrap();
    symlink("../../proc", root.join("a/b/up")).unwrap();
    symlink("/a/b", root.join("short")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    let opened = open(root);
    for cwd in ["/direct", "/direct/x", "/a/b/up/self", "/short/up/1", "/a/../direct"] {
        assert!(said(cwd, &opened).is_some(), "{cwd}");
    }
    for cwd in ["/short", "/a/b", "/a/b/up", "/loop/x", "/none/x"] {
        assert_eq!(said(cwd, &opened), None, "{cwd}");
    }
    assert_eq!(
        said("/direct/x", &opened).unwrap(),
        "process.cwd: found '/direct/x', which leads to '/proc/self/fd/9/x', want a directory that is not below /proc"
    );
}
