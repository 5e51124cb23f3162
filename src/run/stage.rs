//! Where a container runs: a tmpfs over its bundle, which only this process and its children see.

use std::fs;
use std::os::fd::OwnedFd;

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
use crate::nix::store::StorePath;

/// What is set up.
pub struct Stage<'r> {
    /// Whether the user is root, outside.
    pub is_root: bool,
    /// The bundle, whose place it takes.
    pub bundle: &'r Utf8Path,
    /// Whether what is written to the root file system goes to an upper layer.
    pub is_writable: bool,
    /// Where that layer is; in the tmpfs if there is none.
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
        let original = clone(&rootfs).with_context(|| format!("taking the root file system '{rootfs}'"))?;
        let state = self.state.filter(|_| self.is_writable);
        let state = state.map(|state| {
            make(state)?;
            clone(state).with_context(|| format!("taking the directory '{state}'"))
        });
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
        self.overlay(&rootfs)
    }

    /// Lays an upper layer over the root file system.
    fn overlay(&self, rootfs: &Utf8Path) -> Result<()> {
        // From here, no path needs a `:`, with which an overlay would take it for several.
        std::env::set_current_dir(self.bundle).with_context(|| format!("entering '{}'", self.bundle))?;
        let [lower, upper, work] = ["lower", "layer/upper", "layer/work"].map(Utf8Path::new);
        for directory in [upper, work] {
            make(directory)?;
        }
        open_directories(lower, upper)?;
        let source = mount::fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)
            .context("the kernel has no overlay file system, which a container that is not 'readonly' needs")?;
        let options = [("lowerdir", lower), ("upperdir", upper), ("workdir", work)];
        let mounted = options
            .into_iter()
            .try_for_each(|(name, path)| mount::fsconfig_set_string(&source, name, path.as_str()))
            // What it keeps in attributes takes root otherwise, and a directory could not be removed.
            .and_then(|()| if self.is_root { Ok(()) } else { mount::fsconfig_set_flag(&source, "userxattr") })
            .and_then(|()| mount::fsconfig_create(&source))
            .and_then(|()| {
                let flags = FsMountFlags::FSMOUNT_CLOEXEC;
                mount::fsmount(&source, flags, MountAttrFlags::MOUNT_ATTR_NODEV)
            })
            .and_then(|mounted| mount::move_mount(&mounted, "", CWD, rootfs.as_std_path(), TO_PLACE));
        mounted.with_context(|| {
            let place = self.state.map_or_else(|| "memory".to_owned(), |state| format!("'{state}'"));
            format!(
                "mounting an overlay with its upper layer in {place}; where the file system of that directory cannot \
                 hold one, choose another with --state, or say readonly = true"
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

/// Makes the directories of the lower layer in the upper one too, with the right to write that everything in a store
/// lacks. Store paths are as good as full.
fn open_directories(lower: &Utf8Path, upper: &Utf8Path) -> Result<()> {
    let listing = || format!("listing '{lower}'");
    for entry in lower.read_dir_utf8().with_context(listing)? {
        let entry = entry.with_context(listing)?;
        let name = entry.file_name();
        if entry.file_type().with_context(listing)?.is_dir() && name.parse::<StorePath>().is_err() {
            let upper = upper.join(name);
            make(&upper)?;
            if is_merged(&upper) {
                open_directories(entry.path(), &upper)?;
            }
        }
    }
    Ok(())
}

/// Whether an overlay shows what the lower layer has in a directory. It does not if an earlier run has removed it, which
/// leaves a file of an own kind, or has made another one in its place, which has an attribute (Linux, overlayfs.rst,
/// "whiteouts and opaque directories").
fn is_merged(upper: &Utf8Path) -> bool {
    let is_opaque = |name| {
        let mut value = [0; 1];
        rustix::fs::lgetxattr(upper.as_std_path(), name, &mut value[..]) == Ok(1) && value == *b"y"
    };
    let is_directory = upper.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
    is_directory && !["trusted.overlay.opaque", "user.overlay.opaque"].into_iter().any(is_opaque)
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
