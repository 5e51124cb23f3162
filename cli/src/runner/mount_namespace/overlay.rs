//! The layer over a bundle that takes what a container, or its runtime, writes to the root.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use anyhow::{Context, Result};
use camino::Utf8Path;
use rustix::fs::{CWD, Mode};
use rustix::io::Errno;
use rustix::mount::MountAttrFlags;

use super::layer::Layer;
use super::{owners, tmpfs_modes, writable_dirs};
use crate::runner::files::{DetachedMount, open_directory};
use crate::runner::owned_files::OwnedFile;
use crate::runner::privilege::Privilege;
use crate::runner::runtime_config::RuntimeConfig;

/// An overlay (Linux, `Documentation/filesystems/overlayfs.rst`) of directories in the working directory: `lower`, which is the
/// bundle's root file system, `writable`, which has its directories to write to, and in `layer` what is written.
pub struct Overlay<'o> {
    /// What the kernel allows outside of the mount namespace.
    pub privilege: Privilege,
    /// What it has to be able to hold.
    pub layer: Layer,
    /// What belongs to others than root.
    pub owned: &'o [OwnedFile],
    /// How large the copies of these may become, as the option `size` of tmpfs(5) has it.
    pub size: &'o str,
    /// Where the layer is, in words for a message.
    pub place: &'o str,
}

impl Overlay<'_> {
    /// Mounts it on the directory `rootfs`.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn put(&self, rootfs: &Utf8Path, config: &RuntimeConfig) -> Result<()> {
        let lower = open_directory(CWD, "lower").context("opening 'lower'")?;
        let root = rustix::fs::fstat(&lower).context("looking at the root file system")?;
        let mut writable = self.make("writable")?.0;
        if !self.owned.is_empty() {
            let options = [("mode", "0700"), ("size", self.size)];
            DetachedMount::tmpfs(&options, MountAttrFlags::empty())?.attach(Utf8Path::new("writable"))?;
            writable = open_directory(CWD, "writable").context("opening 'writable'")?;
        }
        writable_dirs::make(&lower, &writable, self.privilege)?;
        tmpfs_modes::set_in(&writable, config)?;
        owners::give(&lower, &writable, self.owned)?;
        writable_dirs::open_up(writable.as_fd(), Path::new(""), &root, self.privilege)?;
        self.make("layer/work")?;
        // What was kept may have another owner and mode, which the container has set.
        let (upper, is_new) = self.make("layer/upper")?;
        if is_new {
            writable_dirs::open_up(upper.as_fd(), Path::new(""), &root, self.privilege)
                .with_context(|| self.place.to_owned())?;
        }
        self.mount(rootfs).with_context(|| {
            format!(
                "mounting an overlay with its upper layer {}; if that file system cannot hold one, \
                 choose another with --state, or set readonly = true",
                self.place
            )
        })
    }

    fn mount(&self, rootfs: &Utf8Path) -> Result<(), Errno> {
        // From here, no path needs a `:`, with which an overlay would take it for several.
        let mut options = vec![("lowerdir", "writable:lower"), ("upperdir", "layer/upper"), ("workdir", "layer/work")];
        if !self.privilege.is_root() {
            // What it keeps in attributes takes root otherwise, and a directory could not be removed.
            options.push(("userxattr", ""));
        }
        let attributes =
            if self.layer.has_devices { MountAttrFlags::empty() } else { MountAttrFlags::MOUNT_ATTR_NODEV };
        DetachedMount::new("overlay", &options, attributes)?.attach_at(rootfs.as_std_path())
    }

    /// Makes a directory, and tells whether it is new.
    fn make(&self, name: &str) -> Result<(OwnedFd, bool)> {
        let is_new = match rustix::fs::mkdirat(CWD, name, Mode::from_raw_mode(0o700)) {
            Err(Errno::EXIST) => false,
            made => made.map(|()| true).with_context(|| format!("{}: making the directory '{name}'", self.place))?,
        };
        let directory = open_directory(CWD, name).with_context(|| format!("opening '{name}'"))?;
        Ok((directory, is_new))
    }
}
