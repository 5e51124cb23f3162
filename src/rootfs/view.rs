//! The root filesystem with the mounts on it: what the container's program will see.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::originals::Id;
use super::path_map::PathMap;
use super::resolve::{self, Look, Resolved, Seen};
use super::tree::{self, Tree};
use crate::container::mount::{Destination, Mount};

/// What a mount shows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mounted {
    /// Nothing.
    Empty,
    /// What is at this path of the host.
    Host(PathBuf),
    /// What is below it in the root filesystem.
    Copy,
    /// A file system whose contents nobody knows here.
    Unknown,
}

/// What is mounted on a real place.
#[derive(Clone, Debug)]
struct Shown {
    place: PathBuf,
    destination: Destination,
    mounted: Mounted,
}

/// A tree, and what is mounted on its real places.
#[derive(Clone, Debug)]
pub struct View<'t> {
    tree: &'t Tree<'t>,
    mounts: PathMap<Shown>,
}

impl<'t> View<'t> {
    /// The tree with these mounts, whose real places are known.
    ///
    /// # Errors
    /// The source of a mount that cannot be looked at.
    pub fn of(
        tree: &'t Tree<'t>,
        places: &BTreeMap<PathBuf, Destination>,
        mounts: &BTreeMap<Destination, Mount>,
    ) -> Result<Self> {
        let mut shown = PathMap::default();
        for (place, destination) in places {
            if let Some(mount) = mounts.get(destination) {
                let mounted = Mounted::by(mount, tree)?;
                shown.insert(place, Shown { place: place.clone(), destination: destination.clone(), mounted });
            }
        }
        Ok(Self { tree, mounts: shown })
    }

    /// Where a path leads.
    ///
    /// # Errors
    /// Why it cannot be followed.
    pub fn resolve(&self, path: &Path) -> Result<Resolved, resolve::Error> {
        resolve::resolve(self, path)
    }

    /// The names in the directory at a real place, sorted, as far as they are known.
    ///
    /// # Errors
    /// A directory that cannot be listed.
    pub fn list(&self, place: &Path) -> Result<Vec<String>> {
        let names = match self.mounts.at_or_above(place) {
            None | Some(Shown { mounted: Mounted::Copy, .. }) => self.tree.list(place)?,
            Some(Shown { mounted: Mounted::Host(source), place: mount, .. }) => {
                let below = place.strip_prefix(mount).unwrap_or(Path::new(""));
                self.tree.list(&if below.as_os_str().is_empty() { source.clone() } else { source.join(below) })?
            }
            Some(_) => return Ok(Vec::new()),
        };
        Ok(names.into_iter().filter_map(|name| name.into_string().ok()).collect())
    }

    /// The mount that something at a real place comes through, or is hidden by.
    pub fn mount_at(&self, place: &Path) -> Option<&Destination> {
        self.mounts.at_or_above(place).map(|shown| &shown.destination)
    }

    /// What the root filesystem has at a path, whatever is mounted there.
    ///
    /// # Errors
    /// As for [`View::resolve`].
    pub fn beneath_mounts(&self, path: &Path) -> Result<Resolved, resolve::Error> {
        resolve::resolve(self.tree, path)
    }

    /// What a mount shows of the host, as far as that is in the closure or leads to the store.
    fn of_host<'l>(&'l self, source: Host, destination: &'l Destination) -> Result<(Seen, Source<'l>)> {
        let closure = self.tree.closure();
        Ok(match source {
            Host::Original(id) => (self.tree.originals().seen(id), Source::Host(Host::Original(id), destination)),
            Host::Path(path) if closure.has(&path) => {
                let id = self.tree.originals().at(&path)?;
                (self.tree.originals().seen(id), Source::Host(Host::Original(id), destination))
            }
            Host::Path(path) if closure.store_dir().to_path().starts_with(&path) => {
                (Seen::Directory, Source::Host(Host::Path(path), destination))
            }
            Host::Path(_) => (Seen::Unknown(destination.clone()), Source::Unknown(destination)),
        })
    }
}

/// What is known of a place with mounts.
#[derive(Clone, Debug)]
pub struct At<'v> {
    /// What is mounted here and below.
    mounts: Option<&'v PathMap<Shown>>,
    source: Source<'v>,
}

/// Where what is seen at a place comes from.
#[derive(Clone, Debug)]
enum Source<'v> {
    /// The root filesystem.
    Tree(tree::At<'v>),
    /// An empty file system.
    Empty,
    /// The host, by way of this mount.
    Host(Host, &'v Destination),
    /// What nobody knows here, by way of this mount.
    Unknown(&'v Destination),
}

/// A place of the host.
#[derive(Clone, Debug)]
enum Host {
    /// In the closure.
    Original(Id),
    /// Anywhere.
    Path(PathBuf),
}

impl Look for View<'_> {
    type At<'l>
        = At<'l>
    where
        Self: 'l;

    fn root(&self) -> At<'_> {
        At { mounts: Some(&self.mounts), source: Source::Tree(Look::root(self.tree)) }
    }

    fn step<'l>(&'l self, at: &At<'l>, place: &Path) -> Result<(Seen, At<'l>)> {
        let name = place.file_name().unwrap_or_default();
        let mounts = at.mounts.and_then(|mounts| mounts.child(name));
        let in_tree = |(seen, at)| (seen, Source::Tree(at));
        let (seen, source) = match (mounts.and_then(PathMap::value), &at.source) {
            (Some(Shown { mounted: Mounted::Copy, .. }) | None, Source::Tree(tree)) => {
                in_tree(self.tree.step(tree, place)?)
            }
            (Some(Shown { mounted: Mounted::Copy, .. }), _) => in_tree(self.tree.at(place)?),
            (Some(Shown { mounted: Mounted::Empty, .. }), _) => (Seen::Directory, Source::Empty),
            (Some(Shown { mounted: Mounted::Unknown, destination, .. }), _) => {
                (Seen::Unknown(destination.clone()), Source::Unknown(destination))
            }
            (None, Source::Unknown(destination)) => {
                (Seen::Unknown((*destination).clone()), Source::Unknown(destination))
            }
            (Some(Shown { mounted: Mounted::Host(source), destination, .. }), _) => {
                self.of_host(Host::Path(source.clone()), destination)?
            }
            // The runtime makes directories for the mounts in it.
            (None, Source::Empty) if mounts.is_some() => (Seen::Directory, Source::Empty),
            (None, Source::Empty) => (Seen::Nothing, Source::Empty),
            (None, Source::Host(Host::Original(directory), destination)) => {
                self.of_host(Host::Original(self.tree.originals().child(*directory, name)?), destination)?
            }
            (None, Source::Host(Host::Path(directory), destination)) => {
                self.of_host(Host::Path(directory.join(name)), destination)?
            }
        };
        Ok((seen, At { mounts, source }))
    }
}

impl Mounted {
    fn by(mount: &Mount, tree: &Tree<'_>) -> Result<Self> {
        let source = Path::new(&mount.source);
        Ok(if mount.is_bind() && tree.closure().has(source) {
            // The host follows links too, and the store is the same there.
            Self::Host(resolve::resolve(tree, source)?.place)
        } else if mount.is_bind() {
            Self::Host(source.to_owned())
        } else if mount.shows_what_is_beneath() {
            Self::Copy
        } else if mount.kind == "tmpfs" {
            Self::Empty
        } else {
            Self::Unknown
        })
    }
}
