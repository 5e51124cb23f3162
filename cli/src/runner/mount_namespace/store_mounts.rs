//! The mounts of store paths, of which a container may have thousands.
//!
//! A runtime takes several times as long for one as the kernel does. Where they are made before it starts, the kernel copies all
//! of them with each mount namespace, and a runtime reads the list of them. So a hook makes them, in the container's mount
//! namespace, when all other mounts are made. These do not depend on any of them, nor the other way round.

mod choice;
mod hook;

use std::collections::HashSet;
use std::fs;
use std::os::fd::{AsFd, BorrowedFd};

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FileType, OFlags};
use rustix::mount::MountFlags;

use self::choice::{Trees, open_below};
use self::hook::Orders;
use super::attributes::restrict;
use crate::runner::files::{DetachedMount, MountPoints, make_directory};
use crate::runner::runtime_config::RuntimeConfig;

pub use self::hook::{mount_store, own_program};

/// For fewer, the hook takes longer than the runtime.
const FEWEST: usize = 256;

/// A mount of the document whose source is a store path as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InStore {
    /// Where it is in the list.
    pub index: usize,
    /// What the store path is.
    pub kind: FileType,
}

/// The store, of which only some paths will be seen.
#[derive(Debug)]
pub struct Store {
    /// Its path.
    pub path: Utf8PathBuf,
    /// It, with all that is mounted in it.
    pub tree: DetachedMount,
}

/// Where a container gets its root file system.
#[derive(Clone, Copy, Debug)]
pub struct Roots<'r> {
    /// This program, which the hook starts.
    pub program: &'r Utf8Path,
    /// The directory that the runtime takes for the bundle.
    pub place: &'r Utf8Path,
    /// The root file system that the container gets.
    pub rootfs: BorrowedFd<'r>,
    /// That of the bundle.
    pub lower: BorrowedFd<'r>,
    /// Whether it has what an earlier run has written.
    pub is_kept: bool,
}

impl Store {
    /// Takes those of `in_store` out of the document that a hook can mount, and adds the hook. Gives the places of these.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn have_mounted(
        self,
        config: &mut RuntimeConfig,
        in_store: &[InStore],
        roots: Roots<'_>,
    ) -> Result<Option<MountPoints>> {
        let Roots { program, place, rootfs, lower, is_kept } = roots;
        // What the run has mounted may hide it.
        if !program.is_file() {
            return Ok(None);
        }
        let trees = Trees { store: &self.path, tree: self.tree.as_fd(), rootfs, lower };
        let chosen = trees.choose(&config.mounts(), in_store);
        if chosen.len() < FEWEST {
            return Ok(None);
        }
        let opening = || format!("opening '{}' in the root file system", self.path);
        let directory = open_below(rootfs, &self.path, OFlags::DIRECTORY).with_context(opening)?;
        let origin = place.join("store");
        make_directory(&origin)?;
        self.tree.attach(&origin)?;
        // A mount of a part of it has the same attributes.
        restrict(&origin, MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV)?;
        let names = chosen.iter().map(|chosen| chosen.name.as_str()).collect();
        let orders = Orders { is_kept, store: &self.path, names }.to_string();
        let file = hook::orders_in(place);
        fs::write(&file, orders).with_context(|| format!("writing '{file}'"))?;
        let (indices, names): (HashSet<_>, _) = chosen.into_iter().map(|chosen| (chosen.index, chosen.name)).unzip();
        if let Some(mounts) = config.mounts_mut() {
            let mut index = 0..;
            mounts.retain(|_| index.next().is_none_or(|index| !indices.contains(&index)));
        }
        config.add_first_hook("createContainer", hook::hook(program, place))?;
        Ok(Some(MountPoints::new(directory, names)))
    }
}
