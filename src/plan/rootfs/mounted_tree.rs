//! The root filesystem with the mounts on it: what the container's program will see.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Rootfs;
use super::path_map::PathMap;
use super::tree::{self, Tree};
use crate::plan::definition::mount::Destination;
use crate::plan::mounts::{MountSource, Mounts, PlannedMount};
use crate::plan::resolve::closure_files::Id;
use crate::plan::resolve::{self, Entry, Lookup, Resolved};

/// What a mount shows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum MountContent {
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
    mounted: MountContent,
}

/// A tree, and what is mounted on its real places.
#[derive(Clone, Debug)]
pub struct MountedTree<'t> {
    tree: &'t Tree<'t>,
    mounts: PathMap<Shown>,
}

impl<'t> MountedTree<'t> {
    /// The tree with these mounts, whose real places are known.
    ///
    /// # Errors
    /// The source of a mount that cannot be looked at.
    pub fn new(rootfs: &'t Rootfs<'t>, mounts: &Mounts) -> Result<Self> {
        let tree = &rootfs.tree;
        let mut shown = PathMap::default();
        for (place, destination) in &rootfs.mount_points {
            if let Some(planned) = mounts.get(destination) {
                let mounted = MountContent::new(planned, tree)?;
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
            None | Some(Shown { mounted: MountContent::Copy, .. }) => self.tree.list(place)?,
            Some(Shown { mounted: MountContent::Host(source), place: mount, .. }) => {
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
    /// As for [`MountedTree::resolve`].
    pub fn beneath_mounts(&self, path: &Path) -> Result<Resolved, resolve::Error> {
        resolve::resolve(self.tree, path)
    }

    /// What a mount shows of the host, as far as that is in the closure or leads to the store.
    fn of_host<'l>(&'l self, source: Host, destination: &'l Destination) -> Result<(Entry, Source<'l>)> {
        let closure = self.tree.closure();
        Ok(match source {
            Host::Original(id) => (self.tree.closure_files().entry(id), Source::Host(Host::Original(id), destination)),
            Host::Path(path) if closure.has(&path) => {
                let id = self.tree.closure_files().at(&path)?;
                (self.tree.closure_files().entry(id), Source::Host(Host::Original(id), destination))
            }
            Host::Path(path) if closure.store_dir().to_path().starts_with(&path) => {
                (Entry::Directory, Source::Host(Host::Path(path), destination))
            }
            Host::Path(_) => (Entry::Unknown(destination.clone()), Source::Unknown(destination)),
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

impl Lookup for MountedTree<'_> {
    type At<'l>
        = At<'l>
    where
        Self: 'l;

    fn root(&self) -> At<'_> {
        At { mounts: Some(&self.mounts), source: Source::Tree(Lookup::root(self.tree)) }
    }

    fn step<'l>(&'l self, at: &At<'l>, place: &Path) -> Result<(Entry, At<'l>)> {
        let name = place.file_name().unwrap_or_default();
        let mounts = at.mounts.and_then(|mounts| mounts.child(name));
        let in_tree = |(entry, at)| (entry, Source::Tree(at));
        let (entry, source) = match (mounts.and_then(PathMap::value), &at.source) {
            (Some(Shown { mounted: MountContent::Copy, .. }) | None, Source::Tree(tree)) => {
                in_tree(self.tree.step(tree, place)?)
            }
            (Some(Shown { mounted: MountContent::Copy, .. }), _) => in_tree(self.tree.at(place)?),
            (Some(Shown { mounted: MountContent::Empty, .. }), _) => (Entry::Directory, Source::Empty),
            (Some(Shown { mounted: MountContent::Unknown, destination, .. }), _) => {
                (Entry::Unknown(destination.clone()), Source::Unknown(destination))
            }
            (None, Source::Unknown(destination)) => {
                (Entry::Unknown((*destination).clone()), Source::Unknown(destination))
            }
            (Some(Shown { mounted: MountContent::Host(source), destination, .. }), _) => {
                self.of_host(Host::Path(source.clone()), destination)?
            }
            // The runtime makes directories for the mounts in it.
            (None, Source::Empty) if mounts.is_some() => (Entry::Directory, Source::Empty),
            (None, Source::Empty) => (Entry::Nothing, Source::Empty),
            (None, Source::Host(Host::Original(directory), destination)) => {
                self.of_host(Host::Original(self.tree.closure_files().child(*directory, name)?), destination)?
            }
            (None, Source::Host(Host::Path(directory), destination)) => {
                self.of_host(Host::Path(directory.join(name)), destination)?
            }
        };
        Ok((entry, At { mounts, source }))
    }
}

impl MountContent {
    fn new(planned: &PlannedMount, tree: &Tree<'_>) -> Result<Self> {
        let source = planned.source_path();
        Ok(match planned.source {
            // The host follows links too, and the store is the same there.
            MountSource::Closure => Self::Host(resolve::resolve(tree, source)?.place),
            MountSource::Host => Self::Host(source.to_owned()),
            MountSource::Filesystem if planned.mount.shows_what_is_beneath() => Self::Copy,
            MountSource::Filesystem if planned.mount.kind == "tmpfs" => Self::Empty,
            MountSource::Filesystem => Self::Unknown,
        })
    }
}
