//! The resolver of links against the kernel's own, which keeps a path in a root too (openat2(2), `RESOLVE_IN_ROOT`).

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use oci_bundle_builder::plan::resolve::{self, ByPath, Content, Entry, File, Resolved};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use tempfile::TempDir;

use crate::trees;

/// What a directory has, looked at as a root.
fn lstat(root: &Path, place: &Path) -> Result<Entry> {
    let path = root.join(place.strip_prefix("/")?);
    let Ok(metadata) = path.symlink_metadata() else { return Ok(Entry::Nothing) };
    Ok(if metadata.is_symlink() {
        Entry::Link(fs::read_link(path)?)
    } else if metadata.is_dir() {
        Entry::Directory
    } else {
        Entry::File(File { content: Content::CopyOf(path), executable: false })
    })
}

/// Where our resolver gets, seen from the root.
fn by_resolver(root: &Path, path: &Path) -> Result<Resolved, resolve::Error> {
    resolve::resolve(&ByPath(|place: &Path| lstat(root, place)), path)
}

/// Where the kernel gets, seen from the root.
fn by_kernel(root: &Path, path: &Path) -> Result<PathBuf, Errno> {
    let directory = rustix::fs::open(root, OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).unwrap();
    let open = || rustix::fs::openat2(&directory, path, OFlags::PATH, Mode::empty(), ResolveFlags::IN_ROOT);
    // The kernel asks to try again where something was renamed or mounted on the machine meanwhile.
    let file = std::iter::repeat_with(open).find(|opened| !matches!(opened, Err(Errno::AGAIN))).unwrap()?;
    let place = fs::read_link(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file))).unwrap();
    Ok(Path::new("/").join(place.strip_prefix(root).unwrap()))
}

/// What is wrong with where a path leads, if anything is.
fn difference(root: &Path, path: &Path) -> Option<String> {
    let ours = by_resolver(root, path);
    match (by_kernel(root, path), &ours) {
        (Ok(place), Ok(resolved)) if place == resolved.place && resolved.entry != Entry::Nothing => None,
        (Err(Errno::NOENT), Ok(resolved)) if resolved.entry == Entry::Nothing => None,
        // Behind a name that is not there, `..` leads nowhere for both.
        (Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP), Err(_)) => None,
        (kernel, ours) => Some(format!("{}: the kernel says {kernel:?}, and we {ours:?}", path.display())),
    }
}

proptest! {
    #[test]
    fn links_lead_where_the_kernel_says(
        mut entries in trees::entries(), hostile in option::weighted(0.3, trees::hostile()), step in select(vec!["a", "b", "etc", ".."])) {
        if let Some((name, entry)) = hostile {
            entries.retain(|(other, _)| *other != name);
            entries.push((name, entry));
        }
        let folder = TempDir::new().unwrap();
        let root = folder.path().canonicalize().unwrap();
        trees::make(&entries, &root);
        for (place, ..) in trees::listing(&root) {
            let path = Path::new("/").join(place);
            for path in [path.join(step), path] {
                let difference = difference(&root, &path);
                prop_assert!(difference.is_none(), "{}", difference.unwrap());
            }
        }
    }
}

fn made(links: &[(String, String)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    for (name, target) in links {
        std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
    }
    folder
}

/// Found by the property.
#[test]
fn a_slash_behind_a_name_asks_for_a_directory() {
    let targets = ["file", "/file", "file/", "/file/.", "./", "/", "missing/"];
    let links: Vec<_> = targets.iter().enumerate().map(|(n, target)| (n.to_string(), (*target).to_owned())).collect();
    let folder = made(&links);
    let root = folder.path().canonicalize().unwrap();
    let is_file = |name: &str| {
        let path = Path::new("/").join(name);
        assert_eq!(difference(&root, &path), None);
        by_resolver(&root, &path).is_ok_and(|found| matches!(found.entry, Entry::File(_)))
    };
    let files: Vec<_> = links.iter().filter(|(name, _)| is_file(name)).map(|(_, target)| target.as_str()).collect();
    assert_eq!(files, ["file", "/file"]);
}

#[test]
fn as_many_links_are_followed_as_the_kernel_follows() {
    let links = (0..42).map(|n| (n.to_string(), if n == 0 { "file".to_owned() } else { (n - 1).to_string() }));
    let folder = made(&links.collect::<Vec<_>>());
    let root = folder.path().canonicalize().unwrap();
    let follows = |n: &usize| {
        let path = Path::new("/").join(n.to_string());
        assert_eq!(difference(&root, &path), None);
        by_resolver(&root, &path).is_ok()
    };
    assert_eq!((0..42).filter(follows).count(), 40);
}
