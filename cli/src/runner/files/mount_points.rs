//! Names that a hook is about to mount on.

use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, statat};

/// Where a hook will mount store paths.
#[derive(Debug)]
pub struct MountPoints {
    /// The store in the root file system of the container.
    pub directory: OwnedFd,
    /// Their names.
    pub names: Vec<String>,
}

impl MountPoints {
    /// Has the kernel find each once, which takes longer in an overlay than to mount on it. After that the hook gets it from the
    /// kernel's memory. This process has nothing else to do while the runtime makes namespaces.
    pub fn look_up(&self) {
        for name in &self.names {
            // The hook says what is wrong.
            let _ = statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW);
        }
    }
}
