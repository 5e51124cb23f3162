//! What the root filesystem holds for the mounts: in the store a runtime could not make it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::path_map::PathMap;
use super::resolve::{self, Look, Seen};
use super::tree::{Content, Directory, File, Node, Tree};
use crate::container::mount::{Destination, Mount, MountPoint};

/// Where the mounts really are.
#[derive(Clone, Debug, Default)]
pub struct MountPoints {
    /// The destinations by their real places.
    pub destinations: BTreeMap<PathBuf, Destination>,
    /// The same, to be found from what is below them.
    by_place: PathMap<Destination>,
    /// The destinations as they are written, each with its real place.
    places: PathMap<(PathBuf, PathBuf)>,
}

impl MountPoints {
    /// The mount that hides a real place.
    pub fn at_or_above(&self, place: &Path) -> Option<&Destination> {
        self.by_place.at_or_above(place)
    }

    /// Plans a directory or file for every mount that has none yet, parents first.
    ///
    /// A mount below another one gets none: what is mounted there hides whatever would be made.
    ///
    /// # Errors
    /// What stands in the way, as the mount's mistake.
    pub fn add(tree: &mut Tree<'_>, mounts: &BTreeMap<Destination, Mount>) -> Result<Self> {
        let mut points = Self::default();
        for (destination, mount) in mounts {
            let making = || format!("buildContainer: mounts.{:?}: making its mount point", destination.to_string());
            points.add_one(tree, mounts, destination, mount).with_context(making)?;
        }
        Ok(points)
    }

    fn add_one(
        &mut self,
        tree: &mut Tree<'_>,
        mounts: &BTreeMap<Destination, Mount>,
        destination: &Destination,
        mount: &Mount,
    ) -> Result<()> {
        let path = destination.as_path().as_path().as_std_path();
        let above = path.parent().and_then(|parent| self.places.at_or_above(parent));
        let place = if let Some((above, place)) = above {
            let below = path.strip_prefix(above).unwrap_or(path);
            if let Some(mount_above) = self.destinations.get(place).and_then(|above| mounts.get(above)) {
                Self::is_there(tree, mount_above, below, mount)?;
            }
            // Where it is in the end: the names behind the mount are those of what is mounted.
            place.join(below)
        } else {
            let place = tree.settle_mount(path, |seen| Kind::of(seen).map(Kind::node))?;
            if self.at_or_above(&place).is_none() {
                Self::make(tree, &place, mount)?;
            }
            place
        };
        self.places.insert(path, (path.to_owned(), place.clone()));
        self.by_place.insert(&place, destination.clone());
        self.destinations.insert(place, destination.clone());
        Ok(())
    }

    /// Checks that there is something to mount on in what is mounted above, if that is in the closure: nothing can be
    /// made there.
    fn is_there(tree: &Tree<'_>, above: &Mount, below: &Path, mount: &Mount) -> Result<()> {
        let source = Path::new(&above.source);
        if !above.is_bind() || !tree.closure().has(source) {
            return Ok(());
        }
        let place = source.join(below);
        let found = resolve::if_anywhere(tree, &place)?.and_then(|resolved| Kind::of(&resolved.seen));
        match (found, Kind::wanted(&mount.mount_point, tree)?) {
            (None, _) => bail!("it is below a mount of '{}', which has no '{}'", source.display(), below.display()),
            (Some(found), Some(wanted)) if found != wanted => {
                bail!("'{}' is a {found}, but what is mounted is a {wanted}", place.display())
            }
            _ => Ok(()),
        }
    }

    fn make(tree: &mut Tree<'_>, place: &Path, mount: &Mount) -> Result<()> {
        let wanted = Kind::wanted(&mount.mount_point, tree)?;
        if let (Some(wanted), true) = (wanted, mount.is_bind() && tree.closure().has(Path::new(&mount.source))) {
            let source = Kind::of_source(Path::new(&mount.source), tree)?;
            if source != wanted {
                bail!("its source is a {source}, but mountPoint is \"{wanted}\"; leave that out");
            }
        }
        match (Kind::of(&tree.look(place)?), wanted) {
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
    fn wanted(mount_point: &MountPoint, tree: &Tree<'_>) -> Result<Option<Self>> {
        match mount_point {
            MountPoint::Directory => Ok(Some(Self::Directory)),
            MountPoint::File => Ok(Some(Self::File)),
            MountPoint::Like(source) if tree.closure().has(source.as_std_path()) => {
                Self::of_source(source.as_std_path(), tree).map(Some)
            }
            MountPoint::Like(_) => Ok(None),
        }
    }

    fn of_source(source: &Path, tree: &Tree<'_>) -> Result<Self> {
        let (parent, name) = (source.parent().unwrap_or(source), source.file_name().unwrap_or_default());
        if tree.look(&resolve::resolve(tree, parent)?.place.join(name))? == Seen::Nothing {
            bail!("its source '{}' is not there", source.display());
        }
        // A link out of the store leads to the host.
        match resolve::if_anywhere(tree, source)? {
            Some(resolved) if tree.closure().has(&resolved.place) && matches!(resolved.seen, Seen::File(_)) => {
                Ok(Self::File)
            }
            _ => Ok(Self::Directory),
        }
    }

    fn of(seen: &Seen) -> Option<Self> {
        match seen {
            Seen::Nothing => None,
            Seen::Directory => Some(Self::Directory),
            Seen::File(_) | Seen::Link(_) | Seen::Unknown(_) => Some(Self::File),
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
