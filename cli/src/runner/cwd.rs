//! The working directory of a container's process, which is never in a /proc: `/proc/self/fd/N` leads to whatever the
//! runtime has open, and out of the container.

use std::os::fd::AsFd;
use std::path::Path;

use anyhow::{Result, bail};
use serde_json::Value;

use super::container_tree::{ContainerTree, Content, End};
use super::mounts::{self, Mount};

/// Checks that it is somewhere else, as far as the bundle's root file system tells: what is mounted is not there yet.
///
/// # Errors
/// It is in one.
pub fn check_planned(document: &Value, root: impl AsFd) -> Result<()> {
    check(document, root, |mount| {
        let is_proc = mount.kind() == "proc" || Path::new(mount.source).starts_with("/proc");
        if is_proc { Content::Proc } else { Content::Unknown }
    })
}

/// Checks that it is somewhere else, in the root file system that the container gets, with what is mounted there.
///
/// # Errors
/// It is in one.
pub fn check_final(document: &Value, root: impl AsFd) -> Result<()> {
    check(document, root, |mount| match mount.kind() {
        _ if mount.is_bind() => Content::Of(mount.source.into()),
        "proc" => Content::Proc,
        _ => Content::Unknown,
    })
}

fn check(document: &Value, root: impl AsFd, content: impl Fn(&Mount<'_>) -> Content) -> Result<()> {
    let Some(asked) = document["process"]["cwd"].as_str().filter(|cwd| *cwd != "/") else { return Ok(()) };
    // A copy of what is there already (runc, "tmpcopyup").
    let is_copy = |mount: &Mount<'_>| mount.kind() == "tmpfs" && !mount.is_bind() && mount.has(&["tmpcopyup"]);
    let mounts = mounts::all(document).into_iter().filter(|mount| !is_copy(mount));
    let mounts = mounts.map(|mount| (content(&mount), mount)).map(|(content, mount)| (mount, content));
    let tree = ContainerTree::new(root.as_fd(), mounts)?;
    if let End::InProc(place) = tree.follow(Path::new(asked))? {
        let way =
            if place == Path::new(asked) { String::new() } else { format!(", which leads to '{}'", place.display()) };
        bail!("process.cwd: found '{asked}'{way}, want a directory that is not below /proc");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use serde_json::json;
    use tempfile::TempDir;

    use super::super::root::{Root, tests::open};
    use super::*;

    fn said(cwd: &str, root: &Root) -> Option<String> {
        let mounts = json!([
            { "destination": "/also//proc/", "type": "proc", "source": "proc" },
            { "destination": "/bound", "type": "bind", "source": "/proc/self" },
            { "destination": "/data", "type": "bind", "source": "/procedures" },
        ]);
        let document = json!({ "process": { "cwd": cwd }, "mounts": mounts });
        check_planned(&document, root).err().map(|error| error.to_string())
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
}
