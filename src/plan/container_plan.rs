//! Everything that a container is made of, decided and checked before anything is written.

use anyhow::Result;

use crate::plan::definition::{Definition, Store};
use crate::plan::derivation::closure::Closure;
use crate::plan::mounts::Mounts;
use crate::plan::preflight;
use crate::plan::rootfs::entries::{Entries, RootfsEntry};
use crate::plan::rootfs::mounted_tree::MountedTree;
use crate::plan::rootfs::nix_database;
use crate::plan::rootfs::{self, Rootfs};
use crate::plan::runtime_config::{RuntimeConfig, planned_mounts};

/// A container as it will be: its root filesystem, and its runtime configuration.
#[derive(Clone, Debug)]
pub struct ContainerPlan<'c> {
    /// The runtime configuration, `config.json`.
    pub config: RuntimeConfig,
    /// How the closure gets into the container.
    pub store: Store,
    rootfs: Rootfs<'c>,
    mounts: Mounts,
    has_nix_database: bool,
}

impl<'c> ContainerPlan<'c> {
    /// Plans the container of this `name`. Of the disk, only the closure is read.
    ///
    /// # Errors
    /// An [`ArgumentError`](crate::plan::diagnostics::ArgumentError), or a store path that cannot be read.
    pub fn new(name: &str, definition: &Definition, closure: &'c Closure) -> Result<Self> {
        let mounts = planned_mounts(definition, closure);
        let config = RuntimeConfig::new(name, definition, &mounts, closure)?;
        let context = config.process_context(&definition.user)?;
        let rootfs = rootfs::plan(definition, closure, &mounts, &context)?;
        let (store, has_nix_database) = (definition.store, definition.nix_database.is_some());
        let mut plan = Self { config, store, rootfs, mounts, has_nix_database };
        if definition.check_program {
            plan.check_program(definition)?;
        }
        if plan.store == Store::Mount {
            let mounts = plan.mounts.with_store(plan.rootfs.tree.mountable());
            plan.config.set_mounts(&mounts, plan.store, closure)?;
        }
        Ok(plan)
    }

    /// Checks that the program will start.
    ///
    /// # Errors
    /// An [`ArgumentError`](crate::plan::diagnostics::ArgumentError) that names what is missing; a file that cannot be read.
    pub fn check_program(&self, definition: &Definition) -> Result<()> {
        let mounted = MountedTree::new(&self.rootfs, &self.mounts)?;
        preflight::check(&self.config, definition, &mounted)
    }

    /// The closure that is in the container.
    pub fn closure(&self) -> &'c Closure {
        self.rootfs.tree.closure()
    }

    /// The user and the group that an entry belongs to: root's, but for what Nix writes to, where the container has a Nix database.
    pub fn owner(&self, entry: &RootfsEntry<'_>) -> (u32, u32) {
        if !(self.has_nix_database && nix_database::is_state(&entry.path, self.closure().store_dir().to_path())) {
            return (0, 0);
        }
        let user = &self.config["process"]["user"];
        let id = |name: &str| user[name].as_u64().and_then(|id| u32::try_from(id).ok()).unwrap_or(0);
        (id("uid"), id("gid"))
    }

    /// Everything in the root filesystem but what is inside copied store paths, sorted by the names on the way to it: a
    /// directory comes before what is in it. This is the only walk of the tree.
    pub fn entries(&self) -> impl Iterator<Item = RootfsEntry<'_>> {
        Entries::new(&self.rootfs.tree)
    }
}
