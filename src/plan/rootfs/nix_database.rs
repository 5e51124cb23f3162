//! What a Nix in the container finds of its own: the database of the closure, and the directories that it makes when they are missing.
//!
//! It could make them itself only as root. The directory of links is one of the store's, and empty.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::mount_points::MountPoints;
use super::tree::{Node, Tree};
use crate::plan::diagnostics::{ArgumentError, AttrPath, quoted};
use crate::plan::resolve::{self, Content, Entry, File, Lookup};

/// Where Nix keeps all that is not in the store (Nix manual, `NIX_STATE_DIR`).
pub const STATE: &str = "/nix/var/nix";

/// The directories below, which every version wants.
const DIRECTORIES: [&str; 5] = ["db", "gcroots/per-user", "gcroots/container", "profiles/per-user", "temproots"];

/// The files of the database, and of the store path that Nix has made it in.
pub const FILES: [&str; 2] = ["db.sqlite", "schema"];

/// Where Nix links equal files of the store to each other.
const LINKS: &str = ".links";

/// Whether this is Nix's own to write to: its state, and the store without what is in it.
pub fn is_state(path: &Path, store_dir: &Path) -> bool {
    path.starts_with(STATE) || path == store_dir || path == store_dir.join(LINKS)
}

/// Plans the database of this store path, and garbage collector roots for the closure.
///
/// # Errors
/// An [`ArgumentError`] at `nixDatabase`: something is in the way.
pub fn add(tree: &mut Tree<'_>, database: &Path) -> Result<()> {
    let attribute = AttrPath::default().attribute("nixDatabase");
    add_all(tree, database).map_err(|error| ArgumentError::new(&attribute, format!("{error:#}")).into())
}

fn add_all(tree: &mut Tree<'_>, database: &Path) -> Result<()> {
    let state = Path::new(STATE);
    let closure = tree.closure();
    tree.make_directory(&closure.store_dir().to_path().join(LINKS))?;
    for directory in DIRECTORIES {
        tree.make_directory(&state.join(directory))?;
    }
    for name in FILES {
        let content = Content::CopyOf(database.join(name));
        put(tree, &state.join("db").join(name), Node::File(File { content, executable: false }))?;
    }
    put(tree, &state.join("gcroots/profiles"), Node::Link(state.join("profiles")))?;
    for root in closure.roots() {
        let name = root.to_string();
        let target = closure.store_dir().to_path().join(&name);
        put(tree, &state.join("gcroots/container").join(&name), Node::Link(target))?;
    }
    Ok(())
}

fn put(tree: &mut Tree<'_>, path: &Path, node: Node) -> Result<()> {
    let place = place(tree, path)?;
    if tree.lstat(&place)? != Entry::Nothing {
        bail!("'{}' is already there; leave out the file, or the package with it", path.display());
    }
    tree.insert(&place, node).with_context(|| format!("making '{}'", path.display()))
}

/// The real place of something in a directory that is there.
fn place(tree: &Tree<'_>, path: &Path) -> Result<PathBuf> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { bail!("'/' always exists") };
    Ok(resolve::resolve(tree, parent)?.place.join(name))
}

/// Checks that no mount hides the database.
///
/// # Errors
/// An [`ArgumentError`] at `nixDatabase`.
pub fn check_visible(tree: &Tree<'_>, points: &MountPoints<'_>) -> Result<()> {
    let place = place(tree, &Path::new(STATE).join("db").join(FILES[0]))?;
    match points.at_or_above(&place) {
        Some((destination, planned)) if !planned.mount.shows_what_is_beneath() => {
            let mount = quoted(&destination.to_string());
            let problem = format!("mounts.{mount} would hide the database; leave out one of the two");
            Err(ArgumentError::new(&AttrPath::default().attribute("nixDatabase"), problem).into())
        }
        _ => Ok(()),
    }
}
