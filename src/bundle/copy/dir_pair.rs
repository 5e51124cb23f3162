//! A directory and its copy.

use std::ffi::{CStr, OsStr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use rustix::fs::{self, CWD, Mode, OFlags, Stat};

/// A directory and its copy, open.
pub struct DirPair {
    /// The directory, to read from.
    pub from: OwnedFd,
    /// Its copy, to make things in.
    pub to: OwnedFd,
    /// Where both are below the top; shared with the hard links to what is in it.
    pub path: Arc<Path>,
}

impl DirPair {
    /// Opens the two at the top.
    ///
    /// # Errors
    /// One that cannot be opened.
    pub fn open(from: &Path, to: &Path) -> Result<Self> {
        let opening = |path: &Path| format!("opening the directory '{}'", path.display());
        Ok(Self {
            from: open(CWD, from, OFlags::RDONLY).with_context(|| opening(from))?,
            to: open(CWD, to, OFlags::PATH).with_context(|| opening(to))?,
            path: Path::new("").into(),
        })
    }

    /// Opens the two at this path below this pair, the top. (By its path, so that no directory has to be kept open for
    /// those that wait in it.)
    ///
    /// # Errors
    /// One that cannot be opened.
    pub fn open_below(&self, path: &Path) -> rustix::io::Result<Self> {
        Ok(Self {
            from: open(&self.from, path, OFlags::RDONLY)?,
            to: open(&self.to, path, OFlags::PATH)?,
            path: path.into(),
        })
    }

    /// Where something in this directory is below the top.
    pub fn below(&self, name: &CStr) -> PathBuf {
        self.path.join(OsStr::from_bytes(name.to_bytes()))
    }

    /// Makes the new file `name` in the copy, with the exec bits of the old one.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub fn create(&self, name: &CStr, stat: &Stat) -> rustix::io::Result<OwnedFd> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        fs::openat(&self.to, name, flags, Mode::from_raw_mode(stat.st_mode & 0o777))
    }
}

fn open(at: impl AsFd, path: &Path, how: OFlags) -> rustix::io::Result<OwnedFd> {
    fs::openat(at, path, OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | how, Mode::empty())
}
