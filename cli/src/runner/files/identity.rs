//! Which file or directory something is, so that it can be found again in another mount namespace.

use std::os::fd::{AsFd, OwnedFd};

use anyhow::{Context, Result, bail};
use camino::Utf8Path;
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::retry::retry_on_race;

/// Which file or directory something is, by whatever path it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// That of what is open.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn new(file: impl AsFd) -> Result<Self, Errno> {
        let stat = rustix::fs::fstat(file)?;
        Ok(Self { device: stat.st_dev, inode: stat.st_ino })
    }

    /// Opens it again, in the mount namespace that this process has got since.
    ///
    /// # Errors
    /// Something else is there now.
    pub fn open_again(self, path: &Utf8Path) -> Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let resolve = ResolveFlags::NO_SYMLINKS;
        let again = retry_on_race(|| rustix::fs::openat2(CWD, path.as_std_path(), flags, Mode::empty(), resolve));
        let again = again.with_context(|| format!("opening '{path}' again"))?;
        if Self::new(&again).with_context(|| format!("looking at '{path}'"))? != self {
            bail!("'{path}' was replaced meanwhile");
        }
        Ok(again)
    }
}

#[cfg(test)]
mod tests;
