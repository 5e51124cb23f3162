//! Directories of the caller's, in which nobody else can have put anything.

use std::os::fd::{AsFd, OwnedFd};

use anyhow::{Context, Result, bail, ensure};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use rustix::process::geteuid;

/// Opens the directory itself, for its entries.
///
/// # Errors
/// It is not there, or a link, or a file.
pub fn open_to_list(parent: impl AsFd, name: &str) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat(&parent, name, flags, Mode::empty()) {
        Err(Errno::NOTDIR | Errno::LOOP) => {
            match find_entry(&parent, name)?.map(|it| FileType::from_raw_mode(it.st_mode)) {
                Some(FileType::Symlink) => bail!("found a link, want the directory itself"),
                _ => bail!("found a file, want a directory"),
            }
        }
        opened => opened.context("opening it"),
    }
}

/// Checks that a directory, which is named as `given`, belongs to the caller, and nobody else can write to it.
///
/// # Errors
/// Whose it is, or who can.
pub fn ensure_own(stat: &Stat, given: &str) -> Result<()> {
    let (owner, caller) = (stat.st_uid, geteuid().as_raw());
    ensure!(owner == caller, "belongs to user {owner}, want a directory of user {caller}, who runs the container");
    let mode = stat.st_mode & 0o7777;
    ensure!(
        mode & 0o022 == 0,
        "other users can write to it (mode {mode:04o}), so its files may be theirs; check them, then run \
         'chmod 700 {given}', or choose another directory"
    );
    Ok(())
}

/// An entry of a directory, if it is there; a link as itself.
///
/// # Errors
/// It cannot be looked at.
pub fn find_entry(directory: impl AsFd, name: &str) -> Result<Option<Stat>> {
    match rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("looking at '{name}' in it")),
    }
}
