//! Names that a hook is about to mount on.

use std::os::fd::OwnedFd;
use std::vec;

use super::entries::kind_at;

/// So many are looked up at once.
const SOME: usize = 64;

/// Where a hook will mount store paths.
#[derive(Debug)]
pub struct MountPoints {
    directory: OwnedFd,
    names: vec::IntoIter<String>,
}

impl MountPoints {
    /// Those of these names in a directory.
    pub fn new(directory: OwnedFd, names: Vec<String>) -> Self {
        Self { directory, names: names.into_iter() }
    }

    /// Has the kernel find some more, each once, which takes longer in an overlay than to mount on it. After that the hook gets it
    /// from the kernel's memory. Tells whether any are left.
    pub fn look_up_some(&mut self) -> bool {
        for name in self.names.by_ref().take(SOME) {
            // The hook says what is wrong.
            let _ = kind_at(&self.directory, &name);
        }
        self.names.len() > 0
    }
}
