//! Directories, opened or made.

use std::fs;
use std::io::ErrorKind;
use std::os::fd::{AsFd, OwnedFd};

use anyhow::{Context, Result};
use camino::Utf8Path;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::path::Arg;

/// Opens a directory for its place alone. A link is an error.
///
/// # Errors
/// It is not there, or it is something else.
pub fn open_directory(at: impl AsFd, name: impl Arg) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(at, name, flags, Mode::empty())
}

/// Makes a directory, unless it is there.
///
/// # Errors
/// Something else is there, or nothing can be made.
pub fn make_directory(directory: &Utf8Path) -> Result<()> {
    match fs::create_dir(directory) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made.with_context(|| format!("making the directory '{directory}'")),
    }
}
