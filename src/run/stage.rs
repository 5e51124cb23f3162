//! Where a container runs: a tmpfs over its bundle, which only this process and its children see.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::CWD;
use rustix::mount::{
    self, FsMountFlags, FsOpenFlags, MountAttrFlags, MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags,
};
use rustix::process::{getegid, geteuid};
use rustix::thread::UnshareFlags;
use serde_json::Value;

use super::ids::Subordinate;
use super::skeleton;

/// What is set up.
pub struct Stage<'r> {
    /// Whether the user is root, outside.
    pub is_root: bool,
    /// The root file system.
    pub root: &'r Utf8Path,
    /// The bundle, whose place it takes.
    pub bundle: &'r Utf8Path,
    /// Whether what is written to the root file system goes to an upper layer.
    pub is_writable: bool,
    /// Where that layer is, a directory that is there; in the tmpfs if there is none.
    pub state: Option<&'r Utf8Path>,
    /// The ids that an ordinary user needs beside the own one.
    pub ids: Option<&'r Subordinate>,
}

impl Stage<'_> {
    /// Sets it up for this process. Nothing is changed for others.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn set(&self, document: &Value) -> Result<()> {
        self.own_namespaces()?;
        let rootfs = self.bundle.join("rootfs");
        let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::AT_RECURSIVE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        let clone = |directory: &Utf8Path| mount::open_tree(CWD, directory.as_std_path(), flags);
        let original = clone(self.root).with_context(|| format!("taking the root file system '{}'", self.root))?;
        let state = self.state.map(|state| clone(state).with_context(|| format!("taking the directory '{state}'")));
        let state = state.transpose()?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV;
        mount::mount("oci-bundle", self.bundle.as_std_path(), "tmpfs", flags, Some(c"mode=0755"))
            .with_context(|| format!("mounting a tmpfs over '{}'", self.bundle))?;
        self.write("config.json", &document.to_string())?;
        let place = self.bundle.join(if self.is_writable { "lower" } else { "rootfs" });
        for directory in [&self.bundle.join("state"), &rootfs, &place] {
            make(directory)?;
        }
        put(&original, &place)?;
        if !self.is_writable {
            return Ok(());
        }
        let layer = self.bundle.join("layer");
        make(&layer)?;
        if let Some(state) = state {
            put(&state, &layer)?;
        }
        self.overlay(&rootfs, document)
    }

    /// Lays an upper layer over the root file system.
    fn overlay(&self, rootfs: &Utf8Path, document: &Value) -> Result<()> {
        // From here, no path needs a `:`, with which an overlay would take it for several.
        std::env::set_current_dir(self.bundle).with_context(|| format!("entering '{}'", self.bundle))?;
        let in_state = || self.state.map_or_else(|| "in memory".to_owned(), |state| format!("--state '{state}'"));
        let (lower, skeleton) = (Path::new("lower"), Path::new("skeleton"));
        let (upper, work) = ("layer/upper", "layer/work");
        make(Utf8Path::new("skeleton"))?;
        for directory in [upper, work] {
            make(Utf8Path::new(directory)).with_context(in_state)?;
        }
        skeleton::make(lower, skeleton, self.is_root)?;
        skeleton::set_modes(skeleton, document)?;
        let root = lower.metadata().context("looking at the root file system")?;
        for directory in [skeleton, Path::new(upper)] {
            skeleton::open(directory, &root, self.is_root).with_context(in_state)?;
        }
        let source = mount::fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)
            .context("the kernel has no overlay file system, which a container that is not 'readonly' needs")?;
        let options = [("lowerdir", "skeleton:lower"), ("upperdir", upper), ("workdir", work)];
        let mounted = options
            .into_iter()
            .try_for_each(|(name, path)| mount::fsconfig_set_string(&source, name, path))
            // What it keeps in attributes takes root otherwise, and a directory could not be removed.
            .and_then(|()| if self.is_root { Ok(()) } else { mount::fsconfig_set_flag(&source, "userxattr") })
            .and_then(|()| mount::fsconfig_create(&source))
            .and_then(|()| {
                let flags = FsMountFlags::FSMOUNT_CLOEXEC;
                mount::fsmount(&source, flags, MountAttrFlags::MOUNT_ATTR_NODEV)
            })
            .and_then(|mounted| mount::move_mount(&mounted, "", CWD, rootfs.as_std_path(), TO_PLACE));
        mounted.with_context(|| {
            format!(
                "mounting an overlay with its upper layer {}; where the file system of that directory cannot hold one, \
                 choose another with --state, or say readonly = true",
                in_state()
            )
        })
    }

    /// Gives this process a mount namespace, in a user namespace where it is root if it is not root now.
    fn own_namespaces(&self) -> Result<()> {
        let (uid, gid) = (geteuid(), getegid());
        let flags = if self.is_root { UnshareFlags::NEWNS } else { UnshareFlags::NEWNS | UnshareFlags::NEWUSER };
        let mapper = self.ids.map(|ids| ids.mapper(uid.as_raw(), gid.as_raw())).transpose()?;
        // What is unsafe about it, are tables of open files, and these stay shared.
        #[allow(deprecated)]
        rustix::thread::unshare(flags)
            .context("making namespaces of its own (unshare(2)); do user namespaces exist here?")?;
        if let Some(mapper) = mapper {
            mapper.go()?;
        } else if !self.is_root {
            for (file, text) in
                [("uid_map", format!("0 {uid} 1")), ("setgroups", "deny".to_owned()), ("gid_map", format!("0 {gid} 1"))]
            {
                let file = format!("/proc/self/{file}");
                fs::write(&file, text).with_context(|| format!("writing '{file}'"))?;
            }
        }
        let flags = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
        mount::mount_change("/", flags).context("keeping mounts from the rest of the machine")
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let file: Utf8PathBuf = self.bundle.join(name);
        fs::write(&file, text).with_context(|| format!("writing '{file}'"))
    }
}

/// A mount that is nowhere yet.
const TO_PLACE: MoveMountFlags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;

fn put(mount: &OwnedFd, place: &Utf8Path) -> Result<()> {
    mount::move_mount(mount, "", CWD, place.as_std_path(), TO_PLACE)
        .with_context(|| format!("mounting what '{place}' is made of"))
}

/// Makes a directory, unless it is there.
pub fn make(directory: &Utf8Path) -> Result<()> {
    match fs::create_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made.with_context(|| format!("making the directory '{directory}'")),
    }
}
