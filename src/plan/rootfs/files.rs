//! The files that the user asks for.

use std::path::Path;

use anyhow::{Result, bail};

use super::mount_points::MountPoints;
use super::tree::{Node, Tree};
use crate::plan::definition::container_path::ContainerPath;
use crate::plan::definition::files::{File, Files};
use crate::plan::diagnostics::{ArgumentError, AttrPath, quoted};
use crate::plan::resolve::{self, Content, Entry, Lookup};

/// Plans the files of the argument `files`.
///
/// # Errors
/// An [`ArgumentError`] at the file.
pub fn add(tree: &mut Tree<'_>, files: &Files) -> Result<()> {
    for (path, (attribute, file)) in files {
        let node = match file {
            File::Nothing => continue,
            File::Text { text, executable } => {
                Node::File(resolve::File { content: Content::Text(text.clone()), executable: *executable })
            }
            File::Source { source, executable } => from_source(tree, attribute, source, *executable)?,
        };
        add_file(tree, path, node).map_err(|error| ArgumentError::new(attribute, format!("{error:#}")))?;
    }
    Ok(())
}

fn add_file(tree: &mut Tree<'_>, path: &ContainerPath, node: Node) -> Result<()> {
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
        _ => tree.insert(&place, node),
    }
}

fn from_source(tree: &Tree<'_>, attribute: &AttrPath, source: &str, executable: Option<bool>) -> Result<Node> {
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
    match (resolved.entry, executable) {
        (Entry::Nothing, _) => mistake("does not exist"),
        (Entry::File(file), Some(executable)) => Ok(Node::File(resolve::File { executable, ..file })),
        (_, Some(_)) => mistake("is a directory; leave 'executable' out"),
        _ => Ok(Node::Link(source.into())),
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
        let Some((destination, planned)) = points.at_or_above(&place) else { continue };
        if !planned.mount.shows_what_is_beneath() {
            let mount = quoted(&destination.to_string());
            // Runtimes do not start a container without these two.
            let or = match mount.as_str() {
                "\"/proc\"" | "\"/dev\"" => String::new(),
                _ => format!(", or leave out that mount (mounts.{mount} = null)"),
            };
            let problem = format!("mounts.{mount} would hide it; choose another path{or}");
            return Err(ArgumentError::new(attribute, problem).into());
        }
    }
    Ok(())
}
