//! A mount that is not attached to any directory yet (`fsmount(2)`, `open_tree(2)`).

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use anyhow::{Context, Result};
use camino::Utf8Path;
use rustix::fs::CWD;
use rustix::io::Errno;
use rustix::mount::{self, FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags};
use rustix::path::Arg;

/// One of them. It goes away with this value unless it has been attached.
#[derive(Debug)]
pub struct DetachedMount(OwnedFd);

impl DetachedMount {
    /// A new tmpfs.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn tmpfs(options: &[(&str, &str)], attributes: MountAttrFlags) -> Result<Self> {
        let options: Vec<_> = [("source", "oci-bundle")].iter().chain(options).copied().collect();
        Self::new("tmpfs", &options, attributes).context("making a tmpfs")
    }

    /// A new file system of this type. An option without a value is a flag.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn new(kind: &str, options: &[(&str, &str)], attributes: MountAttrFlags) -> Result<Self, Errno> {
        let source = mount::fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
        for (name, value) in options {
            match *value {
                "" => mount::fsconfig_set_flag(&source, *name)?,
                value => mount::fsconfig_set_string(&source, *name, value)?,
            }
        }
        mount::fsconfig_create(&source)?;
        mount::fsmount(&source, FsMountFlags::FSMOUNT_CLOEXEC, attributes).map(Self)
    }

    /// A mount of an open directory or file, and of all that is mounted below it if it is to be `recursive`.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn clone_of(file: impl AsFd, recursive: bool) -> Result<Self, Errno> {
        let flags = if recursive { OpenTreeFlags::AT_RECURSIVE } else { OpenTreeFlags::empty() };
        Self::clone_at(file, "", flags | OpenTreeFlags::AT_EMPTY_PATH)
    }

    /// A mount of an entry of a directory, which may be a link, and of all that is mounted below it.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn clone_entry(directory: impl AsFd, name: impl Arg) -> Result<Self, Errno> {
        Self::clone_at(directory, name, OpenTreeFlags::AT_RECURSIVE | OpenTreeFlags::AT_SYMLINK_NOFOLLOW)
    }

    fn clone_at(directory: impl AsFd, name: impl Arg, flags: OpenTreeFlags) -> Result<Self, Errno> {
        let flags = flags | OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        mount::open_tree(directory.as_fd(), name, flags).map(Self)
    }

    /// Attaches it at a path.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn attach(&self, place: &Utf8Path) -> Result<()> {
        self.attach_at(place.as_std_path()).with_context(|| format!("mounting what '{place}' is made of"))
    }

    /// Attaches it at a path that need not be UTF-8.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn attach_at(&self, place: &Path) -> Result<(), Errno> {
        mount::move_mount(&self.0, "", CWD, place, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
    }

    /// Attaches it over an open directory.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn attach_over(&self, directory: impl AsFd) -> Result<(), Errno> {
        let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
        mount::move_mount(&self.0, "", directory.as_fd(), "", flags)
    }
}

impl AsFd for DetachedMount {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
