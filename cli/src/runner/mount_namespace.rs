//! Where a container runs: a tmpfs over its bundle, which only this process and its children see.

use std::fs;
use std::os::fd::{AsFd, OwnedFd};

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::mount::{
    self, FsMountFlags, FsOpenFlags, MountAttrFlags, MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags,
};
use rustix::process::{getegid, geteuid};
use rustix::thread::UnshareFlags;
use serde_json::{Value, json};

use super::bind_sources::{FoundSources, Origin};
use super::bundle::{Bundle, root_of};
use super::cgroup_view::CgroupView;
use super::cwd;
use super::layer::Layer;
use super::overlay::Overlay;
use super::state_dir::StateDir;
use super::trust::{Identity, Trust};
use super::user_namespace::UserNamespace;
use super::volume::Volume;

/// What is set up.
pub struct Stage<'r> {
    /// Whether the user is root, outside.
    pub is_root: bool,
    /// The bundle, whose place it takes.
    pub bundle: &'r Bundle,
    /// Who may change paths.
    pub trust: &'r Trust,
    /// The mounts that the caller has asked for.
    pub volumes: &'r [Volume],
    /// The directory that the tmpfs hides: the bundle, or what is above it as far as others could change the path.
    pub cover: &'r Utf8Path,
    /// The layer over the root file system, if there is one.
    pub layer: Option<Layer>,
    /// Where that layer is; in a tmpfs if there is none.
    pub state: Option<&'r StateDir>,
    /// How large that tmpfs may become, as the option `size` of tmpfs(5) has it.
    pub layer_size: &'r str,
    /// The ids that an ordinary user needs beside the own one.
    pub ids: Option<&'r UserNamespace>,
    /// What the runtime sees of the cgroups.
    pub cgroups: CgroupView,
}

impl Stage<'_> {
    /// Sets it up for this process, whose working directory is the bundle then. Nothing is changed for others.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn set(&self, document: &Value) -> Result<()> {
        let cover =
            Identity::new(open_directory(self.cover)?).with_context(|| format!("looking at '{}'", self.cover))?;
        let propagates = document["linux"].get("rootfsPropagation").is_some();
        let origin = Origin { bundle: self.bundle, trust: self.trust, volumes: self.volumes, propagates };
        let sources = FoundSources::new(document, origin)?;
        self.own_namespaces()?;
        self.cgroups.make_way(self.cover)?;
        // What was open before belongs to the mount namespace of before, of which nothing can be mounted here.
        let bundle = self.bundle.identity.open_again(&self.bundle.path)?;
        let root = self.bundle.open_root(&bundle, root_of(document))?;
        let root = clone(&root).context("taking the root file system")?;
        let state = self.state.map(|state| state.identity.open_again(&state.path)).transpose()?;
        let state = state.map(|state| clone(&state).context("taking the directory of --state")).transpose()?;
        let sources = sources.take(document)?;
        self.cgroups.show()?;

        let cover = cover.open_again(self.cover)?;
        let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
        let tmpfs = tmpfs(&[("mode", "0755")], attributes)?;
        let to_place = TO_PLACE | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
        mount::move_mount(&tmpfs, "", &cover, "", to_place)
            .with_context(|| format!("mounting a tmpfs over '{}'", self.cover))?;
        self.make_way()?;
        let place = &self.bundle.path;
        std::env::set_current_dir(place).with_context(|| format!("entering '{place}'"))?;

        let rootfs = place.join("rootfs");
        let lower = if self.layer.is_some() { place.join("lower") } else { rootfs.clone() };
        for directory in [&place.join("state"), &rootfs, &lower] {
            make_directory(directory)?;
        }
        put(&root, &lower)?;
        set_read_only(&lower)?;
        if let Some(layer) = self.layer {
            self.put_layer(state.as_ref())?;
            let at = self.state.map_or_else(|| "in memory".to_owned(), |state| format!("--state '{}'", state.path));
            Overlay { is_root: self.is_root, layer, place: &at }.put(&rootfs, document)?;
        }

        let mut document = document.clone();
        document["root"]["path"] = json!("rootfs");
        let rootfs = open_directory(&rootfs)?;
        sources.put(&mut document, &place.join("sources"), rootfs.as_fd())?;
        cwd::check_final(&document, &rootfs).with_context(|| format!("'{}'", self.bundle.config_path()))?;
        let file = place.join("config.json");
        fs::write(&file, document.to_string()).with_context(|| format!("writing '{file}'"))
    }

    /// Makes the directories between the cover and the bundle.
    fn make_way(&self) -> Result<()> {
        let mut place = self.cover.to_owned();
        let below = self.bundle.path.strip_prefix(self.cover).unwrap_or(Utf8Path::new(""));
        for name in below {
            place.push(name);
            make_directory(&place)?;
        }
        Ok(())
    }

    /// Puts the directory of the layer in place.
    fn put_layer(&self, state: Option<&OwnedFd>) -> Result<()> {
        let place = self.bundle.path.join("layer");
        make_directory(&place)?;
        match state {
            Some(state) => put(state, &place),
            None => put(
                &tmpfs(&[("mode", "0755"), ("size", self.layer_size), ("nr_inodes", "1m")], MountAttrFlags::empty())?,
                &place,
            ),
        }
    }

    /// Gives this process a mount namespace, in a user namespace where it is root if it is not root now.
    fn own_namespaces(&self) -> Result<()> {
        let (uid, gid) = (geteuid(), getegid());
        let is_made = self.is_root || self.ids.is_some();
        let flags = if is_made { UnshareFlags::NEWNS } else { UnshareFlags::NEWNS | UnshareFlags::NEWUSER };
        self.ids.map_or(Ok(()), UserNamespace::enter)?;
        // What is unsafe about it, are tables of open files, and these stay shared.
        #[allow(deprecated)]
        rustix::thread::unshare(flags)
            .context("making namespaces of its own (unshare(2)); do user namespaces exist here?")?;
        if !is_made {
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
}

/// A mount that is nowhere yet.
pub const TO_PLACE: MoveMountFlags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;

/// Mounts what is mounted nowhere yet.
///
/// # Errors
/// What the kernel does not allow.
pub fn put(mount: &OwnedFd, place: &Utf8Path) -> Result<()> {
    mount::move_mount(mount, "", CWD, place.as_std_path(), TO_PLACE)
        .with_context(|| format!("mounting what '{place}' is made of"))
}

/// Makes a directory, unless it is there.
///
/// # Errors
/// What stands in the way.
pub fn make_directory(directory: &Utf8Path) -> Result<()> {
    match fs::create_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made.with_context(|| format!("making the directory '{directory}'")),
    }
}

/// A new tmpfs that is mounted nowhere yet.
///
/// # Errors
/// What the kernel does not allow.
pub fn tmpfs(options: &[(&str, &str)], attributes: MountAttrFlags) -> Result<OwnedFd> {
    let make = || {
        let source = mount::fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
        for (name, value) in [("source", "oci-bundle")].iter().chain(options) {
            mount::fsconfig_set_string(&source, *name, *value)?;
        }
        mount::fsconfig_create(&source)?;
        mount::fsmount(&source, FsMountFlags::FSMOUNT_CLOEXEC, attributes)
    };
    make().context("making a tmpfs")
}

fn open_directory(path: &Utf8Path) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(CWD, path.as_std_path(), flags, Mode::empty()).with_context(|| format!("opening '{path}'"))
}

/// A mount of its own of a directory, with all that is mounted below it.
fn clone(directory: &OwnedFd) -> Result<OwnedFd, rustix::io::Errno> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::AT_RECURSIVE
        | OpenTreeFlags::AT_EMPTY_PATH
        | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    mount::open_tree(directory, "", flags)
}

/// Makes what is mounted at `place`, and below it, read-only and private.
fn set_read_only(place: &Utf8Path) -> Result<()> {
    let changing = || format!("making '{place}' read-only");
    mount::mount_change(place.as_std_path(), MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .with_context(changing)?;
    let table = fs::read_to_string("/proc/self/mountinfo").context("reading '/proc/self/mountinfo'")?;
    for (at, flags) in table.lines().filter_map(mount_of).filter(|(at, _)| at.starts_with(place)) {
        let flags = flags | MountFlags::BIND | MountFlags::RDONLY;
        mount::mount_remount(at.as_std_path(), flags, "").with_context(changing)?;
    }
    Ok(())
}

/// Where a line of `mountinfo` has its mount, and with which flags (`proc_pid_mountinfo`(5)).
fn mount_of(line: &str) -> Option<(Utf8PathBuf, MountFlags)> {
    let mut fields = line.split(' ').skip(4);
    let (place, options) = (fields.next()?, fields.next()?);
    let flags = options.split(',').map(|option| match option {
        "nosuid" => MountFlags::NOSUID,
        "nodev" => MountFlags::NODEV,
        "noexec" => MountFlags::NOEXEC,
        "noatime" => MountFlags::NOATIME,
        "nodiratime" => MountFlags::NODIRATIME,
        "relatime" => MountFlags::RELATIME,
        _ => MountFlags::empty(),
    });
    Some((unescaped(place).into(), flags.fold(MountFlags::empty(), |all, flag| all | flag)))
}

/// A path of `mountinfo`, in which some characters stand as three octal digits.
fn unescaped(path: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(path.to_owned(), |path, (escaped, plain)| path.replace(escaped, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_found_with_its_flags() {
        let line =
            r"36 35 98:0 /mnt1 /mnt\0402 rw,nosuid,relatime,nosymfollow master:1 - ext3 /dev/root rw,errors=continue";
        assert_eq!(mount_of(line), Some(("/mnt 2".into(), MountFlags::NOSUID | MountFlags::RELATIME)));
        assert_eq!(mount_of("36 35"), None);
    }
}
