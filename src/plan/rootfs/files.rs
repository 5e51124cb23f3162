//! The files that the user asks for.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::mount_points::MountPoints;
use super::tree::{Node, Tree};
use crate::plan::attributes_by_place::AttributesByPlace;
use crate::plan::definition::container_path::ContainerPath;
use crate::plan::definition::files::{File, Files};
use crate::plan::definition::mount::Destination;
use crate::plan::derivation::store::StorePath;
use crate::plan::diagnostics::{ArgumentError, AttrPath, quoted};
use crate::plan::file_attributes::{AskedAttributes, FileAttributes, file_mode};
use crate::plan::resolve::{self, Content, Entry, Lookup};

/// Plans the files of the argument `files`.
///
/// # Errors
/// An [`ArgumentError`] at the file.
pub fn add(tree: &mut Tree<'_>, files: &Files, owned: &mut AttributesByPlace) -> Result<()> {
    let mut places = BTreeMap::new();
    for (path, (attribute, file)) in files {
        let (node, asked) = match file {
            File::Nothing => continue,
            File::Text { text, executable, attributes } => {
                let content = Content::Text(text.clone());
                (Node::File(resolve::File { content, executable: *executable }), *attributes)
            }
            File::Source { source, executable, attributes } => {
                (from_source(tree, attribute, source, (*executable, *attributes))?, *attributes)
            }
        };
        // What is said anything of is no link.
        let executable = matches!(&node, Node::File(file) if file.executable);
        let place = add_file(tree, path, node).map_err(|error| ArgumentError::new(attribute, format!("{error:#}")))?;
        if let Some(first) = places.insert(place.clone(), attribute) {
            let problem = format!("a link leads to the place of {first}; leave one of them out");
            return Err(ArgumentError::new(attribute, problem).into());
        }
        if let Some(asked) = asked {
            ensure_can_be_owned(&place).map_err(|problem| ArgumentError::new(attribute, problem))?;
            owned.insert(place, asked.over(FileAttributes::new(file_mode(executable))));
        }
    }
    Ok(())
}

/// Refuses what has a name like a store path: the layer of a run leaves these as they are, wherever they are.
pub fn ensure_can_be_owned(place: &Path) -> Result<(), &'static str> {
    let is_like_store_path = |name: &OsStr| name.to_str().is_some_and(|name| name.parse::<StorePath>().is_ok());
    if place.iter().any(is_like_store_path) {
        return Err("it has the name of a store path, whose contents nobody changes; choose another name");
    }
    Ok(())
}

fn add_file(tree: &mut Tree<'_>, path: &ContainerPath, node: Node) -> Result<PathBuf> {
    let path = path.as_path().as_std_path();
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { bail!("'/' always exists") };
    let place = tree.make_directory(parent)?.join(name);
    match tree.lstat(&place)? {
        Entry::Directory => {
            bail!("a directory is already there; leave out the file, or the package with the directory")
        }
        Entry::File(_) | Entry::Link(_) if tree.closure().has(&place) => {
            bail!("it is inside a store path; choose another path, or change the package")
        }
        _ => tree.insert(&place, node).map(|()| place),
    }
}

/// A link to what is in the closure, or a copy if anything is said of it.
fn from_source(
    tree: &Tree<'_>,
    attribute: &AttrPath,
    source: &str,
    (executable, asked): (Option<bool>, Option<AskedAttributes>),
) -> Result<Node> {
    let attribute = attribute.attribute("source");
    let mistake = |problem: &str| Err(ArgumentError::new(&attribute, format!("\"{source}\" {problem}")).into());
    if !tree.closure().has(Path::new(source)) {
        return mistake(
            "is not in the closure; write a path as ./file, so that Nix copies it to the store, and use \
                        'mounts' for a file of the host",
        );
    }
    let resolved = resolve::resolve(tree, Path::new(source))
        .map_err(|error| ArgumentError::new(&attribute, format!("{error:#}")))?;
    match resolved.entry {
        Entry::Nothing => mistake("does not exist"),
        _ if executable.is_none() && asked.is_none() => Ok(Node::Link(source.into())),
        Entry::File(file) => {
            let executable = executable.unwrap_or(file.executable);
            Ok(Node::File(resolve::File { executable, ..file }))
        }
        _ if asked.is_some() => mistake("is a directory, which is as the store has it; leave its mode and owner out"),
        _ => mistake("is a directory; leave 'executable' out"),
    }
}

/// Checks that no mount hides a file, which would never be seen.
///
/// # Errors
/// An [`ArgumentError`] at the file.
pub fn check_visible(tree: &Tree<'_>, points: &MountPoints<'_>, files: &Files) -> Result<()> {
    let asked = files.iter().filter(|(_, (_, file))| *file != File::Nothing);
    for (path, (attribute, _)) in asked {
        let path = path.as_path().as_std_path();
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { continue };
        let place = resolve::resolve(tree, parent)?.place.join(name);
        if let Some((destination, planned)) = points.at_or_above(&place) {
            if !planned.mount.shows_what_is_beneath() {
                return Err(hidden(attribute, destination).into());
            }
        }
    }
    Ok(())
}

/// The error about what a mount would hide.
pub fn hidden(attribute: &AttrPath, destination: &Destination) -> ArgumentError {
    let mount = quoted(&destination.to_string());
    // Runtimes do not start a container without these two.
    let or = match mount.as_str() {
        "\"/proc\"" | "\"/dev\"" => String::new(),
        _ => format!(", or leave out that mount (mounts.{mount} = null)"),
    };
    ArgumentError::new(attribute, format!("mounts.{mount} would hide it; choose another path{or}"))
}
