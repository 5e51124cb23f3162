//! The directories that the user asks for, and those that belong to the container's user.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Error, Result, ensure};

use super::files::{ensure_can_be_owned, hidden};
use super::mount_points::MountPoints;
use super::tree::{Directory, Node, Tree};
use crate::plan::attributes_by_place::AttributesByPlace;
use crate::plan::definition::directories::{self, Directories};
use crate::plan::definition::user::User;
use crate::plan::diagnostics::ArgumentError;
use crate::plan::file_attributes::FileAttributes;
use crate::plan::mounts::MountSource;
use crate::plan::resolve;

/// Plans the directories of the argument `directories`.
///
/// # Errors
/// An [`ArgumentError`] at the directory.
pub fn add(tree: &mut Tree<'_>, directories: &Directories, user: &User, owned: &mut AttributesByPlace) -> Result<()> {
    let mut places = BTreeMap::new();
    for (path, directory) in directories {
        let place = add_one(tree, path.as_path().as_std_path());
        let place = place.map_err(|error| ArgumentError::new(&directory.attribute, format!("{error:#}")))?;
        if let Some(first) = places.insert(place.clone(), &directory.attribute) {
            let problem = format!("a link leads to {first}; leave one of them out");
            return Err(ArgumentError::new(&directory.attribute, problem).into());
        }
        owned.insert(place, directory.attributes(user.owner_of(path)));
    }
    Ok(())
}

fn add_one(tree: &mut Tree<'_>, path: &Path) -> Result<PathBuf> {
    let place = tree.make_directory(path)?;
    ensure_can_be_owned(&place).map_err(Error::msg)?;
    ensure!(!is_of_store(tree, &place), "it is the store's, and root's; choose another path");
    Ok(place)
}

/// Whether a place is in the store, or on the way to it.
fn is_of_store(tree: &Tree<'_>, place: &Path) -> bool {
    tree.closure().has(place) || tree.closure().store_dir().to_path().starts_with(place)
}

/// Checks that no mount hides a directory: one from the host may take its place, as it has an owner of its own. One in memory is
/// empty, so there may be nothing in it.
///
/// # Errors
/// An [`ArgumentError`] at the directory.
pub fn check_visible(tree: &Tree<'_>, points: &MountPoints<'_>, directories: &Directories) -> Result<()> {
    for (path, directory) in directories {
        let directories::Directory { attribute, tmpfs, .. } = directory;
        let place = resolve::resolve(tree, path.as_path().as_std_path())?.place;
        if let Some((destination, planned)) = points.at_or_above(&place) {
            let is_there = destination.as_path() == path;
            let fits = is_there && (*tmpfs || planned.source == MountSource::Host);
            if !fits && !planned.mount.shows_what_is_beneath() {
                return Err(hidden(attribute, destination).into());
            }
        }
        let inside = if *tmpfs { tree.list(&place)? } else { BTreeSet::new() };
        // A runtime makes the mount points in it.
        let is_mount_point = |name: &OsString| points.destinations.contains_key(&place.join(name));
        if let Some(name) = inside.iter().find(|name| !is_mount_point(name)) {
            let problem = format!(
                "it is empty at every start, and '{}' is to be in it; leave one of them out",
                place.join(name).display()
            );
            return Err(ArgumentError::new(&attribute.attribute("tmpfs"), problem).into());
        }
    }
    Ok(())
}

/// Gives a user a directory that is planned, if no package brings it, and nobody else has been given it.
pub fn give(tree: &Tree<'_>, path: &Path, ids: (u32, u32), owned: &mut AttributesByPlace) -> Result<()> {
    let place = resolve::resolve(tree, path)?.place;
    if is_of_store(tree, &place) || ensure_can_be_owned(&place).is_err() {
        return Ok(());
    }
    let is_planned = matches!(tree.node(&place), Some(Node::Directory(Directory { copy_of: None, .. })));
    if is_planned && ids != (0, 0) && owned.get(&place).is_none() {
        owned.insert(place, FileAttributes::directory(ids));
    }
    Ok(())
}
