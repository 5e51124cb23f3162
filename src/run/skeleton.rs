//! The directories of a root file system, with the right to write that everything in a store lacks.
//!
//! They are a layer of their own, right above the root file system: in an overlay, the layer on top says whose a directory is
//! and who may write to it.

use std::fs::{self, Metadata, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::nix::store::StorePath;

/// Makes the directories of `lower` in `skeleton`, which is there. Store paths are as good as full, so they stay as they are.
///
/// # Errors
/// What cannot be read or made.
pub fn make(lower: &Path, skeleton: &Path, is_root: bool) -> Result<()> {
    let listing = || format!("listing '{}'", lower.display());
    let entries = match fs::read_dir(lower) {
        // The user cannot look into it, so it stays as it is.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(()),
        entries => entries.with_context(listing)?,
    };
    for entry in entries {
        let entry = entry.with_context(listing)?;
        let (name, metadata) = (entry.file_name(), entry.metadata().with_context(listing)?);
        let is_store_path = name.to_str().is_some_and(|name| name.parse::<StorePath>().is_ok());
        if metadata.is_dir() && !is_store_path {
            let place = skeleton.join(&name);
            fs::create_dir(&place).with_context(|| format!("making the directory '{}'", place.display()))?;
            make(&entry.path(), &place, is_root)?;
            open(&place, &metadata, is_root)?;
        }
    }
    Ok(())
}

/// Gives a directory the rights that another one has, and the owner the right to write. An ordinary user's are all its own.
///
/// # Errors
/// What the kernel does not allow.
pub fn open(directory: &Path, like: &Metadata, is_root: bool) -> Result<()> {
    if is_root {
        let owner = (Some(like.uid()), Some(like.gid()));
        chown(directory, owner.0, owner.1).with_context(|| format!("giving '{}' away", directory.display()))?;
    }
    set_mode(directory, like.mode() & 0o7777 | 0o200)
}

/// Gives the mount points of tmpfs the modes that these ask for: runc before 1.1.8 takes those of the mount points.
///
/// # Errors
/// What the kernel does not allow.
pub fn set_modes(skeleton: &Path, document: &Value) -> Result<()> {
    for mount in document["mounts"].as_array().into_iter().flatten().filter(|mount| mount["type"] == "tmpfs") {
        let mut options = mount["options"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mode = options.find_map(|option| u32::from_str_radix(option.strip_prefix("mode=")?, 8).ok());
        let place = mount["destination"].as_str().and_then(|place| place.strip_prefix('/'));
        if let (Some(mode), Some(place)) = (mode, place.map(|place| skeleton.join(place))) {
            // There is no link in it, so this is no other place.
            if place.is_dir() {
                set_mode(&place, mode & 0o7777)?;
            }
        }
    }
    Ok(())
}

fn set_mode(directory: &Path, mode: u32) -> Result<()> {
    let set = fs::set_permissions(directory, Permissions::from_mode(mode));
    set.with_context(|| format!("setting the mode of '{}'", directory.display()))
}
