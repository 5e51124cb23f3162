//! The container's root filesystem (OCI runtime spec, config.md, "Root"): what goes into it, and what a program sees.
//!
//! Planning reads the closure, and nothing else; nothing is written before everything is planned.

mod base_files;
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

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

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
use crate::plan::resolve::{self, Entry};

/// Directories that every runtime expects, whatever is mounted.
const BASE_DIRECTORIES: [&str; 4] = ["/dev", "/proc", "/sys", "/tmp"];

/// The mode of `/tmp`: everybody writes to it, and nobody removes what others have there.
const TMP_MODE: u32 = 0o1777;

/// A planned root filesystem, and where the mounts go in it.
#[derive(Clone, Debug)]
pub struct Rootfs<'c> {
    /// What is in it.
    pub tree: Tree<'c>,
    /// The destinations of the mounts, by their real places.
    pub mount_points: BTreeMap<PathBuf, Destination>,
    /// What a store cannot hold of it.
    pub owned: AttributesByPlace,
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
    owned.insert("/tmp".into(), FileAttributes::new(TMP_MODE));
    directories::add(&mut tree, &definition.directories, &context.user, &mut owned)?;
    files::add(&mut tree, &definition.files, &mut owned)?;
    if let Some(database) = &definition.nix_database {
        nix_database::add(&mut tree, database)?;
    }
    // What is mounted, as it is written.
    let mounted: PathMap<_> = mounts.iter().map(|mount| (path_of(mount.0), mount)).collect();
    if definition.base_files {
        let home = context.user.home();
        let missing = missing(&tree, home.as_path().as_std_path())?;
        for (path, node) in base_files::new(&context.user, context.hostname.as_deref()) {
            if !definition.files.contains_key(&path) && !is_mounted(&path, &mounted) {
                add_base_file(&mut tree, &path, node)?;
            }
        }
        // What packages have is not the user's.
        if !missing.is_empty() && !is_mounted(&home, &mounted) {
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
    Ok(Rootfs { tree, mount_points: points.destinations, owned })
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

/// Whether a mount brings its own for a base file. What comes from the host, nobody knows: it fits best on what is usual.
fn is_mounted(path: &ContainerPath, mounted: &PathMap<(&Destination, &PlannedMount)>) -> bool {
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

/// Plans a base file, unless the contents have something in its place.
fn add_base_file(tree: &mut Tree<'_>, path: &ContainerPath, node: Node) -> Result<()> {
    let making =
        || format!("baseFiles: making {:?} (set baseFiles = false to leave the base files out)", path.to_string());
    let path = path.as_path().as_std_path();
    if resolve::resolve(tree, path).with_context(making)?.entry != Entry::Nothing {
        return Ok(());
    }
    let place = tree.resolve_for_write(path).with_context(making)?;
    tree.insert(&place, node).with_context(making)
}
