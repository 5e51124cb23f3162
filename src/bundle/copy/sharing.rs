//! File systems that let files share extents (btrfs, xfs): a copy is another reference to the same bytes.

use std::os::fd::OwnedFd;
use std::sync::OnceLock;

use rustix::fs;

/// Whether the store and the bundle are on one file system of that kind. The first file tells, and all others are
/// like it: there is one store, and one bundle.
#[derive(Default)]
pub struct Sharing(OnceLock<bool>);

impl Sharing {
    /// Lets an empty file share the extents of another one, holes included. False if it is still empty.
    pub fn share(&self, from: &OwnedFd, to: &OwnedFd) -> bool {
        let mut tried = None;
        let possible = *self.0.get_or_init(|| *tried.insert(fs::ioctl_ficlone(to, from).is_ok()));
        possible && tried.unwrap_or_else(|| fs::ioctl_ficlone(to, from).is_ok())
    }
}
