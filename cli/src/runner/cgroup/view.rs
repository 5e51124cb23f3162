//! The cgroups that a runtime sees.
//!
//! Machines have version 1 (cgroups(7)), version 2, both beside each other, or none, as in Nix's sandbox. crun starts nothing
//! where both are, or where there is no directory for them; so this process changes what it sees of them, in its own mount
//! namespace.

use anyhow::{Context, Result};
use camino::Utf8Path;
use rustix::mount::MountAttrFlags;

use super::host_root;
use super::mount_point::{MOUNT_POINT, UNIFIED};
use crate::runner::files::DetachedMount;

/// What the runtime sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CgroupView {
    /// What the host has.
    AsTheyAre,
    /// The first version alone, whose controllers hold as before.
    WithoutUnified,
    /// A directory for them without any.
    Empty,
}

impl CgroupView {
    /// Makes the directory for them visible, at the site for what is mounted here, where the host has none.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn make_way(self, site: &Utf8Path) -> Result<()> {
        if self == Self::Empty && !Utf8Path::new(MOUNT_POINT).is_dir() {
            host_root::enter_with(Utf8Path::new(MOUNT_POINT), site)?;
        }
        Ok(())
    }

    /// Changes what this process sees, whose mount namespace is its own.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn show(self) -> Result<()> {
        let place = match self {
            Self::AsTheyAre => return Ok(()),
            Self::WithoutUnified => UNIFIED,
            Self::Empty => MOUNT_POINT,
        };
        let attributes =
            MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV | MountAttrFlags::MOUNT_ATTR_NOEXEC;
        DetachedMount::tmpfs(&[("mode", "0755")], attributes)?
            .attach(Utf8Path::new(place))
            .context("hiding cgroups from the runtime")
    }
}
