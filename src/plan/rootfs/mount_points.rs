//! What the root filesystem holds for the mounts: in the store a runtime could not make it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::path_map::PathMap;
use super::tree::{Directory, Node, Tree};
use crate::plan::definition::mount::{Destination, MountPoint};
use crate::plan::mounts::{MountSource, Mounts, PlannedMount};
use crate::plan::resolve::{self, Entry, Lookup};
use crate::plan::resolve::{Content, File};

/// Where the mounts really are.
#[derive(Clone, Debug, Default)]
pub struct MountPoints<'m> {
    /// The destinations by their real places.
    pub destinations: BTreeMap<PathBuf, Destination>,
    /// The mounts, to be found from what is below their real places.
    by_place: PathMap<(&'m Destination, &'m PlannedMount)>,
    /// The destinations as they are written, each with its real place.
    places: PathMap<(&'m Path, PathBuf)>,
}

impl<'m> MountPoints<'m> {
    /// The mount that hides a real place.
    pub fn at_or_above(&self, place: &Path) -> Option<(&'m Destination, &'m PlannedMount)> {
        self.by_place.at_or_above(place).copied()
    }

    /// Plans a directory or file for every mount that has none yet, parents first.
    ///
    /// A mount below another one gets none: what is mounted there hides whatever would be made.
    ///
    /// # Errors
    /// What stands in the way, with the mount's attribute.
    pub fn add(tree: &mut Tree<'_>, mounts: &'m Mounts) -> Result<Self> {
        let mut points = Self::default();
        for (destination, planned) in mounts.iter() {
            let making = || format!("mounts.{:?}: making its mount point", destination.to_string());
            points.add_one(tree, destination, planned).with_context(making)?;
        }
        Ok(points)
    }

    fn add_one(&mut self, tree: &mut Tree<'_>, destination: &'m Destination, planned: &'m PlannedMount) -> Result<()> {
        let path = destination.as_path().as_path().as_std_path();
        let above = path.parent().and_then(|parent| self.places.at_or_above(parent));
        let place = if let Some((written, place)) = above {
            let below = path.strip_prefix(written).unwrap_or(path);
            if let Some((_, above)) = self.at_or_above(place) {
                Self::check_below(tree, above, below, planned)?;
            }
            // Where it is in the end: the names behind the mount are those of what is mounted.
            place.join(below)
        } else {
            let place = tree.resolve_for_mount(path, |found| Kind::of_entry(found).map(Kind::node))?;
            if self.at_or_above(&place).is_none() {
                Self::make(tree, &place, planned)?;
            }
            place
        };
        self.places.insert(path, (path, place.clone()));
        self.by_place.insert(&place, (destination, planned));
        self.destinations.insert(place, destination.clone());
        Ok(())
    }

    /// Checks that there is something to mount on in what is mounted above, if that is in the closure: nothing can be
    /// made there.
    fn check_below(tree: &Tree<'_>, above: &PlannedMount, below: &Path, planned: &PlannedMount) -> Result<()> {
        if above.source != MountSource::Closure {
            return Ok(());
        }
        let source = above.source_path();
        let place = source.join(below);
        let found = resolve::try_resolve(tree, &place)?.and_then(|resolved| Kind::of_entry(&resolved.entry));
        match (found, Kind::wanted(planned, tree)?) {
            (None, _) => bail!("it is below a mount of '{}', which has no '{}'", source.display(), below.display()),
            (Some(found), Some(wanted)) if found != wanted => {
                bail!("'{}' is a {found}, but what is mounted is a {wanted}", place.display())
            }
            _ => Ok(()),
        }
    }

    fn make(tree: &mut Tree<'_>, place: &Path, planned: &PlannedMount) -> Result<()> {
        let wanted = Kind::wanted(planned, tree)?;
        if let (Some(wanted), MountSource::Closure) = (wanted, planned.source) {
            let source = Kind::of_source(planned.source_path(), tree)?;
            if source != wanted {
                bail!("its source is a {source}, but mountPoint is \"{wanted}\"; leave that out");
            }
        }
        match (Kind::of_entry(&tree.lstat(place)?), wanted) {
            (None, wanted) => tree.insert(place, wanted.unwrap_or(Kind::Directory).node()),
            (Some(found), Some(wanted)) if found != wanted => bail!(
                "the rootfs has a {found} there, but what is mounted is a {wanted}; if the source is a {found}, \
                 say mountPoint = \"{found}\""
            ),
            _ => Ok(()),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Directory,
    File,
}

impl Kind {
    /// What a mount has to be put on; `None` for whatever is there.
    ///
    /// A source outside the closure is out of the builder's sight. Where there is nothing it is taken for a directory, as
    /// most are, on every machine alike; the user can say otherwise.
    fn wanted(planned: &PlannedMount, tree: &Tree<'_>) -> Result<Option<Self>> {
        match (planned.mount.mount_point, planned.source) {
            (Some(MountPoint::Directory), _) | (None, MountSource::Filesystem) => Ok(Some(Self::Directory)),
            (Some(MountPoint::File), _) => Ok(Some(Self::File)),
            (None, MountSource::Closure) => Self::of_source(planned.source_path(), tree).map(Some),
            (None, MountSource::Host) => Ok(None),
        }
    }

    fn of_source(source: &Path, tree: &Tree<'_>) -> Result<Self> {
        let (parent, name) = (source.parent().unwrap_or(source), source.file_name().unwrap_or_default());
        if tree.lstat(&resolve::resolve(tree, parent)?.place.join(name))? == Entry::Nothing {
            bail!("its source '{}' does not exist", source.display());
        }
        // A link out of the store leads to the host.
        match resolve::try_resolve(tree, source)? {
            Some(resolved) if tree.closure().has(&resolved.place) && matches!(resolved.entry, Entry::File(_)) => {
                Ok(Self::File)
            }
            _ => Ok(Self::Directory),
        }
    }

    fn of_entry(entry: &Entry) -> Option<Self> {
        match entry {
            Entry::Nothing => None,
            Entry::Directory => Some(Self::Directory),
            Entry::File(_) | Entry::Link(_) | Entry::Unknown(_) => Some(Self::File),
        }
    }

    fn node(self) -> Node {
        match self {
            Self::Directory => Node::Directory(Directory::default()),
            Self::File => Node::File(File { content: Content::Text(String::new()), executable: false }),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Directory => "directory",
            Self::File => "file",
        })
    }
}
