//! The root filesystem with the mounts on it: what the container's program will see.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::resolve::{self, Look, Resolved, Seen};
use super::tree::{Tree, in_store};
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

/// A tree, and what is mounted on its real places.
#[derive(Clone, Debug)]
pub struct View<'t> {
    tree: &'t Tree<'t>,
    mounts: BTreeMap<PathBuf, (Destination, Mounted)>,
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
        let mut shown = BTreeMap::new();
        for (place, destination) in places {
            if let Some(mount) = mounts.get(destination) {
                shown.insert(place.clone(), (destination.clone(), Mounted::by(mount, tree)?));
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
        let names = match self.mounted_at(place) {
            None | Some((_, _, Mounted::Copy)) => self.tree.list(place)?,
            Some((mount, _, Mounted::Host(source))) => self.tree.list(&below(source, place, mount))?,
            Some((_, _, Mounted::Empty | Mounted::Unknown)) => return Ok(Vec::new()),
        };
        Ok(names.into_iter().filter_map(|name| name.into_string().ok()).collect())
    }

    /// The mount that something at a real place comes through, or is hidden by.
    pub fn mount_at(&self, place: &Path) -> Option<&Destination> {
        self.mounted_at(place).map(|(_, destination, _)| destination)
    }

    /// What the root filesystem has at a path, whatever is mounted there.
    ///
    /// # Errors
    /// As for [`View::resolve`].
    pub fn beneath_mounts(&self, path: &Path) -> Result<Resolved, resolve::Error> {
        resolve::resolve(self.tree, path)
    }

    fn mounted_at(&self, place: &Path) -> Option<(&Path, &Destination, &Mounted)> {
        place.ancestors().find_map(|at| {
            let (place, (destination, mounted)) = self.mounts.get_key_value(at)?;
            Some((place.as_path(), destination, mounted))
        })
    }
}

impl Look for View<'_> {
    fn look(&self, place: &Path) -> Result<Seen> {
        let Some((mount, destination, mounted)) = self.mounted_at(place) else { return self.tree.look(place) };
        match mounted {
            Mounted::Copy => self.tree.look(place),
            Mounted::Unknown => Ok(Seen::Unknown(destination.clone())),
            // The runtime makes directories for the mounts in it.
            Mounted::Empty if self.mounts.keys().any(|other| other.starts_with(place)) => Ok(Seen::Directory),
            Mounted::Empty => Ok(Seen::Nothing),
            Mounted::Host(source) => {
                let closure = self.tree.closure();
                let source = below(source, place, mount);
                if closure.has(&source) {
                    in_store(&source)
                } else if closure.store_dir().to_path().starts_with(&source) {
                    Ok(Seen::Directory)
                } else {
                    Ok(Seen::Unknown(destination.clone()))
                }
            }
        }
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

/// The path that corresponds to `place` in what is mounted from `source` at `mount`.
fn below(source: &Path, place: &Path, mount: &Path) -> PathBuf {
    match place.strip_prefix(mount) {
        Ok(rest) if rest.as_os_str().is_empty() => source.to_owned(),
        Ok(rest) => source.join(rest),
        Err(_) => source.to_owned(),
    }
}
