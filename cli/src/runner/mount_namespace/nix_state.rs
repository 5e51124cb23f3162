//! What a Nix in the container writes to, if the bundle has a database for it (the argument `nixDatabase`).
//!
//! Nix opens its database to write even where it only reads, and wants to be the owner of its directories. In a store everything is
//! root's and read-only, so the layer of writable directories has them for the container's user, with a copy of the database.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use oci_bundle_builder::plan::rootfs::nix_database::{FILES, is_state};
use rustix::fs::{AtFlags, Dir, FileType, Gid, Mode, OFlags, ResolveFlags, Uid};
use rustix::io::Errno;

use crate::runner::files::retry_on_race;
use crate::runner::runtime_config::RuntimeConfig;

/// The directory of the database, from the root.
const DATABASE: &str = "nix/var/nix/db";

/// The store, likewise.
const STORE: &str = "nix/store";

/// Copies the database of `lower` into `layer`, which has the directories already, and gives the container's user what is Nix's.
/// Without a database it does nothing.
///
/// # Errors
/// What cannot be read or written.
pub fn make(lower: impl AsFd, layer: impl AsFd, config: &RuntimeConfig) -> Result<()> {
    let (lower, layer) = (lower.as_fd(), layer.as_fd());
    for name in FILES {
        let place = Path::new(DATABASE).join(name);
        let Some(original) = open_file(lower, &place)? else { return Ok(()) };
        copy(original, layer, &place).with_context(|| format!("copying '/{}' to write to it", place.display()))?;
    }
    let owner = owner(config);
    for place in state(layer)? {
        match rustix::fs::chownat(layer, &place, owner.0, owner.1, AtFlags::SYMLINK_NOFOLLOW) {
            // No such user in this user namespace: Nix says what it lacks.
            Err(Errno::PERM | Errno::INVAL) => {}
            given => given.with_context(|| format!("giving '/{}' to the container's user", place.display()))?,
        }
    }
    Ok(())
}

/// A regular file of the bundle; nothing where there is none.
fn open_file(root: BorrowedFd<'_>, path: &Path) -> Result<Option<File>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opening = || format!("opening '/{}' of the root file system", path.display());
    let file = match open(root, path, flags) {
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::ACCESS) => return Ok(None),
        opened => File::from(opened.with_context(opening)?),
    };
    let is_file = file.metadata().with_context(opening)?.is_file();
    Ok(is_file.then_some(file))
}

fn open(root: BorrowedFd<'_>, path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    retry_on_race(|| rustix::fs::openat2(root, path, flags, Mode::empty(), resolve))
}

fn copy(mut original: File, layer: BorrowedFd<'_>, place: &Path) -> Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(0o644);
    let mut copy = File::from(rustix::fs::openat(layer, place, flags, mode)?);
    rustix::fs::fchmod(&copy, mode)?;
    std::io::copy(&mut original, &mut copy)?;
    Ok(())
}

/// The directories and files of the layer that are Nix's.
fn state(layer: BorrowedFd<'_>) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![PathBuf::from(STORE), PathBuf::from("nix/var/nix")];
    while let Some(path) = waiting.pop() {
        let listing = || format!("listing '/{}' of the layer", path.display());
        let directory = match open(layer, &path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC) {
            // A bundle of another tool may have a database and no store.
            Err(Errno::NOENT | Errno::NOTDIR) => continue,
            opened => opened.with_context(listing)?,
        };
        for entry in Dir::read_from(&directory).with_context(listing)? {
            let entry = entry.with_context(listing)?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            let place = path.join(name);
            if [".", ".."].contains(&name) || !is_state(&Path::new("/").join(&place), &Path::new("/").join(STORE)) {
                continue;
            }
            if entry.file_type() == FileType::Directory {
                waiting.push(place);
            } else {
                found.push(place);
            }
        }
        found.push(path);
    }
    Ok(found)
}

/// The container's user and group as this process knows them; `None` where nobody can know.
fn owner(config: &RuntimeConfig) -> (Option<Uid>, Option<Gid>) {
    let user = &config["process"]["user"];
    let id = |name: &str, side: &str| outer_id(config, side, user[name].as_u64().unwrap_or(0));
    (id("uid", "uidMappings").map(Uid::from_raw), id("gid", "gidMappings").map(Gid::from_raw))
}

/// An id of the container as it is outside of the container's user namespace.
fn outer_id(config: &RuntimeConfig, side: &str, id: u64) -> Option<u32> {
    let mut namespaces = config["linux"]["namespaces"].as_array().into_iter().flatten();
    let Some(namespace) = namespaces.find(|namespace| namespace["type"] == "user") else {
        return u32::try_from(id).ok();
    };
    if namespace.get("path").is_some() {
        return None;
    }
    config["linux"][side].as_array().into_iter().flatten().find_map(|mapping| {
        let number = |name: &str| mapping[name].as_u64();
        let offset = id.checked_sub(number("containerID")?)?;
        let outer = number("hostID")?.checked_add(offset)?;
        (offset < number("size")?).then_some(())?;
        u32::try_from(outer).ok().filter(|id| *id != u32::MAX)
    })
}

#[cfg(test)]
mod tests;
