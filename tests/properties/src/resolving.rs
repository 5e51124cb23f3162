//! The resolver of links against the kernel's own, which keeps a path in a root too (openat2(2), `RESOLVE_IN_ROOT`).

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use oci_bundle::rootfs::resolve::{Look, Seen, resolve};
use oci_bundle::rootfs::tree::{Content, File};
use proptest::prelude::*;
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use tempfile::TempDir;

use crate::trees;

/// A directory, looked at as a root.
struct Root(PathBuf);

impl Look for Root {
    fn look(&self, place: &Path) -> Result<Seen> {
        let path = self.0.join(place.strip_prefix("/")?);
        let Ok(metadata) = path.symlink_metadata() else { return Ok(Seen::Nothing) };
        Ok(if metadata.is_symlink() {
            Seen::Link(fs::read_link(path)?)
        } else if metadata.is_dir() {
            Seen::Directory
        } else {
            Seen::File(File { content: Content::CopyOf(path), executable: false })
        })
    }
}

/// Where the kernel gets, seen from the root.
fn by_kernel(root: &Path, path: &Path) -> Result<PathBuf, Errno> {
    let directory = rustix::fs::open(root, OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).unwrap();
    let file = rustix::fs::openat2(&directory, path, OFlags::PATH, Mode::empty(), ResolveFlags::IN_ROOT)?;
    let place = fs::read_link(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file))).unwrap();
    Ok(Path::new("/").join(place.strip_prefix(root).unwrap()))
}

proptest! {
    #[test]
    fn links_lead_where_the_kernel_says(
        entries in trees::entries(),
        steps in proptest::collection::vec(proptest::sample::select(vec!["a", "b", "bin", "etc", "nix", ".."]), 1..5),
    ) {
        let folder = TempDir::new().unwrap();
        let root = folder.path().canonicalize().unwrap();
        trees::make(&entries, &root);
        let path = Path::new("/").join(steps.join("/"));
        let found = resolve(&Root(root.clone()), &path);
        match (by_kernel(&root, &path), &found) {
            (Ok(place), Ok(resolved)) => {
                prop_assert_eq!(&place, &resolved.place);
                prop_assert!(matches!(resolved.seen, Seen::Directory | Seen::File(_)), "{:?}", resolved);
            }
            (Err(Errno::NOENT), Ok(resolved)) => prop_assert_eq!(&resolved.seen, &Seen::Nothing),
            // A name after a missing one, and `..` after it: the planner would have to make the one.
            (Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP), Err(_)) => {}
            (kernel, ours) => prop_assert!(false, "{:?} and {:?}", kernel, ours),
        }
    }
}
