//! Everything that a container is made of, decided and checked before anything is written.

use std::path::Path;

use anyhow::Result;

use crate::plan::definition::user::User;
use crate::plan::definition::{Definition, Store, run_settings};
use crate::plan::derivation::closure::Closure;
use crate::plan::file_attributes::{ANNOTATION, FileAttributes, file_mode};
use crate::plan::mounts::Mounts;
use crate::plan::preflight;
use crate::plan::rootfs::entries::{Entries, EntryKind, RootfsEntry};
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
        let mut plan = Self { config, store: definition.store, rootfs, mounts };
        if definition.nix_database.is_some() {
            plan.give_nix_its_state(&context.user);
        }
        plan.annotate()?;
        if let Some(text) = definition.run.annotation() {
            plan.config.annotate(run_settings::ANNOTATION, text);
        }
        if definition.check_program {
            plan.check_program(definition)?;
        }
        if plan.store == Store::Mount {
            let mounts = plan.mounts.with_store(plan.rootfs.tree.mountable());
            plan.config.set_mounts(&mounts, plan.store, closure)?;
        }
        Ok(plan)
    }

    /// Gives the container's user what its Nix writes to.
    fn give_nix_its_state(&mut self, user: &User) {
        let store = self.closure().store_dir().to_path();
        let owner = (user.uid, user.gid);
        let is_of_nix = |entry: &RootfsEntry<'_>| nix_database::is_state(&entry.path, store);
        let state: Vec<_> = Entries::new(&self.rootfs.tree)
            .filter(is_of_nix)
            .filter_map(|entry| {
                let usual = FileAttributes::directory(owner);
                match entry.kind {
                    EntryKind::Directory => Some((entry.path, usual)),
                    EntryKind::File(file) => {
                        Some((entry.path, FileAttributes { mode: file_mode(file.executable), ..usual }))
                    }
                    _ => None,
                }
            })
            .collect();
        for (place, attributes) in state {
            // What was asked for has precedence.
            if self.rootfs.owned.get(&place).is_none() {
                self.rootfs.owned.insert(place, attributes);
            }
        }
    }

    /// Has config.json say what a store cannot hold, for `oci-bundle run`. What is below a mount is not seen. A read-only
    /// container needs no layer over its bundle only for a directory that it cannot write to.
    fn annotate(&mut self) -> Result<()> {
        let mut seen = self.rootfs.owned.clone();
        if self.config["root"]["readonly"] == true {
            seen.retain(|place| !self.rootfs.for_writing.contains(place));
        }
        seen.retain(|place| {
            let mut above = place.ancestors().filter_map(|above| self.rootfs.mount_points.get(above));
            !above.any(|mount| self.mounts.get(mount).is_none_or(|it| !it.mount.shows_what_is_beneath()))
        });
        if !seen.is_empty() {
            self.config.annotate(ANNOTATION, seen.annotation()?);
        }
        Ok(())
    }

    /// What a file or directory has that a store cannot hold: what is asked for, or else what a mount in memory has there.
    pub fn attributes(&self, place: &Path) -> Option<FileAttributes> {
        let mounted = || {
            let planned = self.mounts.get(self.rootfs.mount_points.get(place)?)?;
            planned.mount.attributes_of_tmpfs()
        };
        self.rootfs.owned.get(place).or_else(mounted)
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

    /// Everything in the root filesystem but what is inside copied store paths, sorted by the names on the way to it: a
    /// directory comes before what is in it. This is the only walk of the tree.
    pub fn entries(&self) -> impl Iterator<Item = RootfsEntry<'_>> {
        Entries::new(&self.rootfs.tree)
    }
}
