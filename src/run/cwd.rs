//! The working directory of a container's process, which is never in a /proc: `/proc/self/fd/N` leads to whatever the
//! runtime has open, and out of the container.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::Value;

use super::root::Root;

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

/// Checks that it is somewhere else, as far as the root file system tells.
///
/// # Errors
/// It is in one.
pub fn check(document: &Value, root: &Root) -> Result<()> {
    let Some(asked) = document["process"]["cwd"].as_str() else { return Ok(()) };
    let procs = procs(document);
    if let Some(place) = enters(Path::new(asked), &procs, root) {
        let way =
            if place == Path::new(asked) { String::new() } else { format!(", which leads to '{}'", place.display()) };
        bail!("process.cwd: found '{asked}'{way}, want a directory that is not below /proc");
    }
    Ok(())
}

/// Where the file system proc is.
fn procs(document: &Value) -> Vec<PathBuf> {
    let mounts = document["mounts"].as_array().into_iter().flatten();
    let is_proc = |mount: &&Value| {
        let source = mount["source"].as_str().unwrap_or_default();
        mount["type"] == "proc" || Path::new(source).starts_with("/proc")
    };
    let places = mounts.filter(is_proc).filter_map(|mount| Some(normal(Path::new(mount["destination"].as_str()?))));
    places.chain([PathBuf::from("/proc")]).collect()
}

/// Without `.`, `..` and slashes that mean nothing.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::ParentDir => drop(normal.pop()),
            Component::Normal(name) => normal.push(name),
            _ => {}
        }
    }
    normal
}

/// The first place in a proc that a path comes by.
fn enters(path: &Path, procs: &[PathBuf], root: &Root) -> Option<PathBuf> {
    let names = |path: &Path| path.components().map(|part| part.as_os_str().to_owned()).collect::<Vec<OsString>>();
    let mut left = VecDeque::from(names(path));
    let (mut place, mut links) = (PathBuf::from("/"), 0);
    while let Some(name) = left.pop_front() {
        match name.as_encoded_bytes() {
            b"/" => place = PathBuf::from("/"),
            b".." => drop(place.pop()),
            b"." => {}
            _ => place.push(&name),
        }
        if procs.iter().any(|proc| place != *proc && place.starts_with(proc)) {
            return Some(left.iter().fold(place, |place, name| place.join(name)));
        }
        let Ok(target) = root.read_link(&place) else { continue };
        links += 1;
        if links > MOST_LINKS {
            return None;
        }
        place.pop();
        for name in names(Path::new(&target)).into_iter().rev() {
            left.push_front(name);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use serde_json::json;
    use tempfile::TempDir;

    use super::super::root::tests::open;
    use super::*;

    fn said(cwd: &str, root: &Root) -> Option<String> {
        let mounts = json!([
            { "destination": "/also//proc/", "type": "proc", "source": "proc" },
            { "destination": "/bound", "type": "bind", "source": "/proc/self" },
            { "destination": "/data", "type": "bind", "source": "/procedures" },
        ]);
        let document = json!({ "process": { "cwd": cwd }, "mounts": mounts });
        check(&document, root).err().map(|error| error.to_string())
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
