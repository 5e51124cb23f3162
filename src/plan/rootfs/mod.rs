//! The container's root filesystem (OCI runtime spec, config.md, "Root"): what goes into it, and what a program sees.
//!
//! Planning reads the closure, and nothing else; nothing is written before everything is planned.

pub mod base_files;
mod build_env;
mod devices;
mod directories;
pub mod entries;
mod files;
mod mount_points;
pub mod mounted_tree;
pub mod nix_database;
mod path_map;
mod resolve_for_write;
pub mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use self::base_files::BaseFile;
use self::mount_points::MountPoints;
use self::path_map::PathMap;
use self::tree::{Node, Tree};
use crate::plan::attributes_by_place::AttributesByPlace;
use crate::plan::definition::Definition;
use crate::plan::definition::container_path::ContainerPath;
use crate::plan::definition::mount::Destination;
use crate::plan::derivation::closure::Closure;
use crate::plan::file_attributes::FileAttributes;
use crate::plan::mounts::{MountSource, Mounts, PlannedMount};
use crate::plan::process_context::ProcessContext;
use crate::plan::resolve::{self, Entry, Lookup};

/// Directories that every runtime expects, whatever is mounted.
const BASE_DIRECTORIES: [&str; 4] = ["/dev", "/proc", "/sys", "/tmp"];

/// A planned root filesystem, and where the mounts go in it.
#[derive(Clone, Debug)]
pub struct Rootfs<'c> {
    /// What is in it.
    pub tree: Tree<'c>,
    /// The destinations of the mounts, by their real places.
    pub mount_points: BTreeMap<PathBuf, Destination>,
    /// What a store cannot hold of it.
    pub owned: AttributesByPlace,
    /// Of these, what a container does without that writes nowhere, as nobody has asked for it.
    pub for_writing: BTreeSet<PathBuf>,
}

/// Plans the root filesystem, and finds the real places of the mounts in it.
///
/// In the order of precedence there are the files that the user asks for, the contents, the base files; then a place for
/// the process to start and one for every mount, but those below another mount: they appear in what is mounted there.
///
/// # Errors
/// An [`ArgumentError`](crate::plan::diagnostics::ArgumentError), or a store path that cannot be read.
pub fn plan<'c>(
    definition: &Definition,
    closure: &'c Closure,
    mounts: &Mounts,
    context: &ProcessContext,
) -> Result<Rootfs<'c>> {
    let mut tree = Tree::new(closure, definition.store)?;
    for directory in BASE_DIRECTORIES {
        tree.make_directory(Path::new(directory))?;
    }
    build_env::add(&mut tree, &definition.contents)?;
    let mut owned = AttributesByPlace::default();
    owned.insert("/tmp".into(), FileAttributes::new(base_files::TEMPORARY));
    directories::add(&mut tree, &definition.directories, &context.user, &mut owned)?;
    files::add(&mut tree, &definition.files, &mut owned)?;
    if let Some(database) = &definition.nix_database {
        nix_database::add(&mut tree, database)?;
    }
    // What is mounted, as it is written.
    let mounted: PathMap<_> = mounts.iter().map(|mount| (path_of(mount.0), mount)).collect();
    let mut for_writing = BTreeSet::new();
    if definition.base_files {
        let home = context.user.home();
        let missing = missing(&tree, home.as_path().as_std_path())?;
        let ca_bundle = resolve::try_resolve(&tree, Path::new(base_files::CA_BUNDLE))?;
        let has_ca_bundle = ca_bundle.is_some_and(|found| matches!(found.entry, Entry::File(_)));
        for file in base_files::new(&context.user, context.hostname.as_deref(), has_ca_bundle) {
            if definition.files.contains_key(&file.path) || is_mounted(&file, &mounted) {
                continue;
            }
            let mode = file.mode;
            if let (Some(place), Some(mode)) = (add_base_file(&mut tree, file)?, mode) {
                owned.insert(place.clone(), FileAttributes::new(mode));
                for_writing.insert(place);
            }
        }
        // What packages have is not the user's.
        if !missing.is_empty() && !is_mounted_at(&home, &mounted) {
            directories::give(&tree, home.as_path().as_std_path(), context.user.owner_of(&home), &mut owned)?;
        }
    }
    let cwd = context.cwd.as_path().as_std_path();
    if mounted.at_or_above(cwd).is_none() {
        let missing = missing(&tree, cwd)?;
        tree.make_directory(cwd).with_context(|| format!("cwd: making '{}'", context.cwd))?;
        let home = context.user.home();
        let is_users = |made: &&Path| *made == cwd || home != ContainerPath::root() && made.starts_with(home.as_path());
        for made in missing.into_iter().filter(is_users) {
            directories::give(&tree, made, (context.user.uid, context.user.gid), &mut owned)?;
        }
    }
    let points = MountPoints::add(&mut tree, mounts)?;
    devices::check(&tree, &points, context)?;
    files::check_visible(&tree, &points, &definition.files)?;
    directories::check_visible(&tree, &points, &definition.directories)?;
    if definition.nix_database.is_some() {
        nix_database::check_visible(&tree, &points)?;
    }
    Ok(Rootfs { tree, mount_points: points.destinations, owned, for_writing })
}

/// The directories on the way to a path that are not there, the path itself first.
fn missing<'p>(tree: &Tree<'_>, path: &'p Path) -> Result<Vec<&'p Path>> {
    let mut missing = Vec::new();
    for directory in path.ancestors() {
        if resolve::try_resolve(tree, directory)?.is_some_and(|found| found.entry != Entry::Nothing) {
            break;
        }
        missing.push(directory);
    }
    Ok(missing)
}

/// Whether a mount brings its own for a base file. One on a link would be on what that leads to.
fn is_mounted(file: &BaseFile, mounted: &PathMap<(&Destination, &PlannedMount)>) -> bool {
    match file.node {
        Node::Link(_) => mounted.at_or_above(file.path.as_path().as_std_path()).is_some(),
        _ => is_mounted_at(&file.path, mounted),
    }
}

/// Whether a mount brings its own for a file or directory. What comes from the host, nobody knows: it fits best on what is usual.
fn is_mounted_at(path: &ContainerPath, mounted: &PathMap<(&Destination, &PlannedMount)>) -> bool {
    let path = path.as_path().as_std_path();
    let fits_what_is_usual =
        |planned: &PlannedMount| planned.source == MountSource::Host && planned.mount.mount_point.is_none();
    match mounted.at_or_above(path) {
        Some((destination, planned)) if path_of(destination) == path && fits_what_is_usual(planned) => {
            path.parent().is_some_and(|parent| mounted.at_or_above(parent).is_some())
        }
        found => found.is_some(),
    }
}

fn path_of(destination: &Destination) -> &Path {
    destination.as_path().as_path().as_std_path()
}

/// Plans a base file, unless the contents have something in its place; gives its real place.
fn add_base_file(tree: &mut Tree<'_>, file: BaseFile) -> Result<Option<PathBuf>> {
    let BaseFile { path, node, .. } = file;
    let making =
        || format!("baseFiles: making {:?} (set baseFiles = false to leave the base files out)", path.to_string());
    let path = path.as_path().as_std_path();
    let is_there = match node {
        // It leads to what may not be there yet.
        Node::Link(_) => is_link_there(tree, path),
        _ => Ok(false),
    };
    if is_there.with_context(making)? || resolve::resolve(tree, path).with_context(making)?.entry != Entry::Nothing {
        return Ok(None);
    }
    let place = tree.resolve_for_write(path).with_context(making)?;
    tree.insert(&place, node).with_context(making)?;
    Ok(Some(place))
}

/// Whether a link is in the place of a path.
fn is_link_there(tree: &Tree<'_>, path: &Path) -> Result<bool> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(false) };
    let entry = tree.lstat(&resolve::resolve(tree, parent)?.place.join(name))?;
    Ok(matches!(entry, Entry::Link(_)))
}
