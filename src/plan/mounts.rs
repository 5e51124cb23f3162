//! What is mounted, and where each mount comes from.

use std::collections::BTreeMap;
use std::path::Path;

use crate::plan::definition::mount::{Destination, Mount};
use crate::plan::derivation::closure::Closure;

/// Where what a mount shows comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountSource {
    /// A bind mount of something in the closure, which can be looked at.
    Closure,
    /// A bind mount of the host's, which the build cannot see.
    Host,
    /// A file system of its own.
    Filesystem,
}

impl MountSource {
    fn new(mount: &Mount, closure: &Closure) -> Self {
        match mount.is_bind() {
            true if closure.has(Path::new(&mount.source)) => Self::Closure,
            true => Self::Host,
            false => Self::Filesystem,
        }
    }
}

/// A mount of the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedMount {
    /// What is mounted, and how.
    pub mount: Mount,
    /// Where that comes from.
    pub source: MountSource,
}

impl PlannedMount {
    /// The path on the host that a bind mount shows.
    pub fn source_path(&self) -> &Path {
        Path::new(&self.mount.source)
    }
}

/// Mounts by destination, a parent before what is below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mounts(BTreeMap<Destination, PlannedMount>);

impl Mounts {
    /// These mounts, each with where it comes from.
    ///
    /// What comes from the closure is mounted read-only unless its options say `rw`: it is the host's store, which a container
    /// that runs as its owner could otherwise write to.
    pub fn new(mounts: impl IntoIterator<Item = (Destination, Mount)>, closure: &Closure) -> Self {
        let plan = |(destination, mount): (Destination, Mount)| {
            let source = MountSource::new(&mount, closure);
            let mount = if source == MountSource::Closure { mount.read_only_by_default() } else { mount };
            (destination, PlannedMount { mount, source })
        };
        Self(mounts.into_iter().map(plan).collect())
    }

    /// These mounts, and one for each of these store paths: nothing in a store is a device, or has a set-user-id bit, as Nix
    /// takes it away.
    #[must_use]
    pub fn with_store<'p>(&self, store_paths: impl Iterator<Item = &'p Path>) -> Self {
        let store = store_paths.map(|path| {
            // Nothing is lost: NIX_STORE is UTF-8, and names of store paths are ASCII.
            let path = path.to_string_lossy();
            let mount = Mount::read_only_bind(&path);
            (Destination::from_valid(&path), PlannedMount { mount, source: MountSource::Closure })
        });
        Self(store.chain(self.0.clone()).collect())
    }

    /// The mount on a destination.
    pub fn get(&self, destination: &Destination) -> Option<&PlannedMount> {
        self.0.get(destination)
    }

    /// The mounts, parents first.
    pub fn iter(&self) -> impl Iterator<Item = (&Destination, &PlannedMount)> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
