//! The modes of tmpfs mounts: runc before 1.1.10 takes those of their mount points, which nobody may write to in a store
//! ([runc#3911](https://github.com/opencontainers/runc/issues/3911)).

use std::os::fd::{AsFd, OwnedFd};

use anyhow::{Context, Result};
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::mount::MountAttrFlags;
use serde_json::Value;

use crate::runner::files::{DetachedMount, retry_on_race};
use crate::runner::runtime_config::RuntimeConfig;

/// A mount of a tmpfs that says which mode it has.
struct Wanted<'c> {
    place: &'c str,
    mode: u32,
    /// Whether it starts with what is at its mount point.
    is_copy: bool,
}

/// Gives the mount points in a layer the modes that are asked for.
///
/// # Errors
/// What the kernel does not allow.
pub fn set_in(layer: impl AsFd, config: &RuntimeConfig) -> Result<()> {
    for Wanted { place, mode, .. } in wanted(config) {
        if let Ok(directory) = open(&layer, place) {
            let set = rustix::fs::fchmod(&directory, Mode::from_raw_mode(mode));
            set.with_context(|| format!("setting the mode of '{place}'"))?;
        }
    }
    Ok(())
}

/// Covers the mount points of a root file system without a layer that let in fewer than is asked for: by an empty directory of that
/// mode, which nobody can write to, and which the runtime covers in turn.
///
/// # Errors
/// What the kernel does not allow.
pub fn cover_in(root: impl AsFd, config: &RuntimeConfig) -> Result<()> {
    for Wanted { place, mode, .. } in wanted(config).filter(|wanted| !wanted.is_copy) {
        let Ok(directory) = open(&root, place) else { continue };
        let covering = || format!("covering the mount point '{place}'");
        let stat = rustix::fs::fstat(&directory).with_context(covering)?;
        if mode & 0o077 & !stat.st_mode == 0 {
            continue;
        }
        let attributes = MountAttrFlags::MOUNT_ATTR_RDONLY
            | MountAttrFlags::MOUNT_ATTR_NOSUID
            | MountAttrFlags::MOUNT_ATTR_NODEV
            | MountAttrFlags::MOUNT_ATTR_NOEXEC;
        let tmpfs = DetachedMount::tmpfs(&[("mode", &format!("{mode:o}"))], attributes)?;
        tmpfs.attach_over(&directory).with_context(covering)?;
    }
    Ok(())
}

fn wanted(config: &RuntimeConfig) -> impl Iterator<Item = Wanted<'_>> {
    let mounts = config["mounts"].as_array().into_iter().flatten().filter(|mount| mount["type"] == "tmpfs");
    mounts.filter_map(|mount| {
        let options = || mount["options"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mode = options().find_map(|option| u32::from_str_radix(option.strip_prefix("mode=")?, 8).ok())?;
        let is_copy = options().any(|option| option == "tmpcopyup");
        Some(Wanted { place: mount["destination"].as_str()?, mode: mode & 0o7777, is_copy })
    })
}

/// A destination of a foreign bundle may have `..` in it.
fn open(root: impl AsFd, place: &str) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    retry_on_race(|| rustix::fs::openat2(root.as_fd(), place, flags, Mode::empty(), resolve))
}

#[cfg(test)]
mod tests;
