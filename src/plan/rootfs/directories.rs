//! The directories that the user asks for, and those that belong to the container's user.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::files::hidden;
use super::mount_points::MountPoints;
use super::tree::{Directory, Node, Tree};
use crate::plan::attributes_by_place::AttributesByPlace;
use crate::plan::definition::directories::{self, Directories};
use crate::plan::definition::user::User;
use crate::plan::derivation::store::StorePath;
use crate::plan::diagnostics::ArgumentError;
use crate::plan::file_attributes::{DIRECTORY_MODE, FileAttributes};
use crate::plan::mounts::MountSource;
use crate::plan::resolve;

/// Plans the directories of the argument `directories`.
///
/// # Errors
/// An [`ArgumentError`] at the directory.
pub fn add(tree: &mut Tree<'_>, directories: &Directories, owned: &mut AttributesByPlace) -> Result<()> {
    let mut places = BTreeMap::new();
    for (path, directory) in directories {
        let place = add_one(tree, path.as_path().as_std_path());
        let place = place.map_err(|error| ArgumentError::new(&directory.attribute, format!("{error:#}")))?;
        if let Some(first) = places.insert(place.clone(), &directory.attribute) {
            let problem = format!("a link leads to {first}; leave one of them out");
            return Err(ArgumentError::new(&directory.attribute, problem).into());
        }
        owned.insert(place, directory.attributes);
    }
    Ok(())
}

fn add_one(tree: &mut Tree<'_>, path: &Path) -> Result<PathBuf> {
    let place = tree.make_directory(path)?;
    let is_like_store_path = |name: &OsStr| name.to_str().is_some_and(|name| name.parse::<StorePath>().is_ok());
    ensure!(
        !place.iter().any(is_like_store_path),
        "it has the name of a store path, whose contents nothing changes; choose another name"
    );
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
        if let Some(name) = inside.first() {
            let problem = format!(
                "it is empty at every start, and '{}' is to be in it; leave one of them out",
                place.join(name).display()
            );
            return Err(ArgumentError::new(&attribute.attribute("tmpfs"), problem).into());
        }
    }
    Ok(())
}

/// Gives the container's user a directory that is planned, if no package brings it, and nobody else has been given it.
pub fn give(tree: &Tree<'_>, path: &Path, user: &User, owned: &mut AttributesByPlace) -> Result<()> {
    let place = resolve::resolve(tree, path)?.place;
    if is_of_store(tree, &place) {
        return Ok(());
    }
    let is_planned = matches!(tree.node(&place), Some(Node::Directory(Directory { copy_of: None, .. })));
    if is_planned && (user.uid, user.gid) != (0, 0) && owned.get(&place).is_none() {
        owned.insert(place, FileAttributes { uid: user.uid, gid: user.gid, ..FileAttributes::new(DIRECTORY_MODE) });
    }
    Ok(())
}
