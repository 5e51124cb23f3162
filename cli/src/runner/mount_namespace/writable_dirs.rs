//! The directories of a root file system, with the right to write that everything in a store lacks.
//!
//! They are a layer of their own, right above the root file system: in an overlay, the layer on top says whose a directory is
//! and who may write to it.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::{AtFlags, Dir, FileType, Gid, Mode, OFlags, ResolveFlags, Stat, Uid};
use rustix::io::Errno;

use crate::runner::files::retry_on_race;
use crate::runner::privilege::Privilege;
use oci_bundle_builder::plan::derivation::store::StorePath;

/// Makes the directories of `lower` in the empty directory `layer`. Store paths are as good as full, so they stay as they are,
/// and so does what lies deeper than a path can say.
///
/// One directory is open at a time, by its path from the root: trees may be deeper than a process may have open files.
///
/// # Errors
/// What cannot be read or made.
pub fn make(lower: impl AsFd, layer: impl AsFd, privilege: Privilege) -> Result<()> {
    let mut waiting = vec![PathBuf::new()];
    while let Some(path) = waiting.pop() {
        let listing = || format!("listing '/{}' of the root file system", path.display());
        let directory = match open_to_list(lower.as_fd(), &path) {
            // It stays as it is: the user cannot look into it, or no path leads there, or somebody is changing the bundle.
            Err(Errno::ACCESS | Errno::NAMETOOLONG | Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => continue,
            opened => opened.with_context(listing)?,
        };
        for entry in Dir::read_from(&directory).with_context(listing)? {
            let entry = entry.with_context(listing)?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            let is_itself = name == "." || name == "..";
            let is_store_path = name.to_str().is_some_and(|name| name.parse::<StorePath>().is_ok());
            if is_itself || is_store_path || !matches!(entry.file_type(), FileType::Directory | FileType::Unknown) {
                continue;
            }
            let stat = rustix::fs::statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW).with_context(listing)?;
            if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
                continue;
            }
            let place = path.join(name);
            match rustix::fs::mkdirat(&layer, &place, Mode::from_raw_mode(0o700)) {
                Err(Errno::NAMETOOLONG) => continue,
                made => made.with_context(|| format!("making '/{}' writable", place.display()))?,
            }
            open_up(layer.as_fd(), &place, &stat, privilege)?;
            waiting.push(place);
        }
    }
    Ok(())
}

/// Gives a directory of a layer the rights that another one has, and the owner the right to write. An ordinary user's are all
/// its own.
///
/// # Errors
/// What the kernel does not allow.
pub fn open_up(layer: BorrowedFd<'_>, place: &Path, like: &Stat, privilege: Privilege) -> Result<()> {
    let place = if place.as_os_str().is_empty() { Path::new(".") } else { place };
    if privilege.is_root() {
        let owner = (Some(Uid::from_raw(like.st_uid)), Some(Gid::from_raw(like.st_gid)));
        rustix::fs::chownat(layer, place, owner.0, owner.1, AtFlags::SYMLINK_NOFOLLOW)
            .with_context(|| format!("giving '{}' away", place.display()))?;
    }
    set_mode(layer, place, like.st_mode & 0o7777 | 0o200)
}

fn open_to_list(root: BorrowedFd<'_>, path: &Path) -> Result<OwnedFd, Errno> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    retry_on_race(|| rustix::fs::openat2(root, path, flags, Mode::empty(), resolve))
}

/// The layer is this process's own, in which there are no links.
fn set_mode(layer: BorrowedFd<'_>, place: &Path, mode: u32) -> Result<()> {
    let set = rustix::fs::chmodat(layer, place, Mode::from_raw_mode(mode), AtFlags::empty());
    set.with_context(|| format!("setting the mode of '{}'", place.display()))
}

#[cfg(test)]
mod tests;
