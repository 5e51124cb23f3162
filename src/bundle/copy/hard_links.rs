//! Where the files of several names are in the copy.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::{CStr, OsStr};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{self, AtFlags, Stat};
use rustix::io::{Errno, Result};

use super::dir_pair::DirPair;

/// A device and an inode: what two hard links have in common.
type Inode = (u64, u64);

/// A name in the copy.
struct Name {
    directory: Arc<Path>,
    name: Box<CStr>,
}

impl Name {
    fn new(pair: &DirPair, name: &CStr) -> Self {
        Self { directory: Arc::clone(&pair.path), name: name.into() }
    }

    /// Where it is below the top.
    fn path(&self) -> PathBuf {
        self.directory.join(OsStr::from_bytes(self.name.to_bytes()))
    }
}

/// The first name that each file got. In an optimised store (`auto-optimise-store`) every file may have several, so an
/// entry is small: the directory is shared.
pub struct HardLinks {
    /// Where the names are.
    top: Arc<DirPair>,
    /// Apart, so that threads seldom wait for each other.
    shards: [Mutex<HashMap<Inode, Name>>; 32],
}

impl HardLinks {
    /// Of no file yet.
    pub fn new(top: Arc<DirPair>) -> Self {
        Self { top, shards: Default::default() }
    }

    /// Makes the file `name` if it is the first one of this inode, and gives it to be filled; else links the first one,
    /// which may not be filled yet.
    pub fn first_or_link(&self, stat: &Stat, pair: &DirPair, name: &CStr) -> Result<Option<OwnedFd>> {
        let shard = &self.shards[usize::try_from(stat.st_ino % 32).unwrap_or(0)];
        let mut names = shard.lock().unwrap_or_else(PoisonError::into_inner);
        match names.entry((stat.st_dev, stat.st_ino)) {
            Entry::Vacant(entry) => {
                let file = pair.create(name, stat)?;
                entry.insert(Name::new(pair, name));
                Ok(Some(file))
            }
            Entry::Occupied(mut entry) => {
                let first = entry.get();
                match fs::linkat(&self.top.to, first.path(), &pair.to, name, AtFlags::empty()) {
                    // A file has as many names as its file system allows; then there has to be another one.
                    Err(Errno::MLINK) => {
                        let file = pair.create(name, stat)?;
                        entry.insert(Name::new(pair, name));
                        Ok(Some(file))
                    }
                    linked => linked.map(|()| None),
                }
            }
        }
    }
}
