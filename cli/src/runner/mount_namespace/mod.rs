//! Where a container runs: a tmpfs over its bundle, which only this process and its children see.

mod attributes;
mod bind_sources;
mod layer;
mod overlay;
mod owners;
mod store_mounts;
mod tmpfs_modes;
mod writable_dirs;

use std::fs;
use std::os::fd::AsFd;

use anyhow::{Context, Result};
use camino::Utf8Path;
use rustix::fs::CWD;
use rustix::mount::{self, MountAttrFlags, MountFlags, MountPropagationFlags};
use rustix::process::{getegid, geteuid};
use rustix::thread::UnshareFlags;
use serde_json::json;

use self::attributes::restrict;
use self::bind_sources::{FoundSources, Origin};
pub use self::layer::{Layer, required_layer};
use self::overlay::Overlay;
pub use self::store_mounts::mount_store;
use self::store_mounts::{Roots, own_program};
use super::bundle::Bundle;
use super::cgroup::CgroupView;
use super::cwd;
use super::files::{DetachedMount, Identity, MountPoints, Trust, make_directory, open_directory};
use super::network::UserNetwork;
use super::overrides::Volume;
use super::owned_files::OwnedFile;
use super::privilege::Privilege;
use super::rootless::{UserNamespace, explain, map_caller_to_root};
use super::state_dir::StateDir;
use super::volumes::{PlannedVolumes, TakenVolumes};
use crate::runner::runtime_config::RuntimeConfig;

/// What is set up.
pub struct MountNamespace<'r> {
    /// What the kernel allows outside of it.
    pub privilege: Privilege,
    /// The bundle, whose place it takes.
    pub bundle: &'r Bundle,
    /// Who may change paths.
    pub trust: &'r Trust,
    /// The mounts that the caller has asked for.
    pub volumes: &'r [Volume],
    /// The volumes that are mounted.
    pub named: &'r PlannedVolumes,
    /// The directory that the tmpfs hides: the bundle, or what is above it as far as others could change the path.
    pub cover: &'r Utf8Path,
    /// The layer over the root file system, if there is one.
    pub layer: Option<Layer>,
    /// What in that layer belongs to others than root.
    pub owned: &'r [OwnedFile],
    /// Where that layer is; in a tmpfs if there is none.
    pub state: Option<&'r StateDir>,
    /// How large that tmpfs may become, as the option `size` of tmpfs(5) has it.
    pub layer_size: &'r str,
    /// The ids that an ordinary user needs beside the own one.
    pub user_namespace: Option<&'r UserNamespace>,
    /// Whether the runtime is crun, which gives a tmpfs the mode that was asked for.
    pub is_crun: bool,
    /// What the runtime sees of the cgroups.
    pub cgroups: CgroupView,
    /// The network that is made for the container, if one is.
    pub network: Option<&'r UserNetwork>,
}

impl MountNamespace<'_> {
    /// Sets it up and moves this process into it, with the bundle as its working directory, and makes the volumes that are new. Others
    /// see no other change. Gives the places where a hook will mount store paths, if it is to.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn enter(&self, config: &RuntimeConfig, volumes: TakenVolumes<'_>) -> Result<Option<MountPoints>> {
        let opening = || format!("opening '{}'", self.cover);
        let cover = open_directory(CWD, self.cover.as_std_path()).with_context(opening)?;
        let cover = Identity::new(cover).with_context(opening)?;
        let propagates = config["linux"].get("rootfsPropagation").is_some();
        let origin =
            Origin { bundle: self.bundle, trust: self.trust, volumes: self.volumes, named: self.named, propagates };
        let sources = FoundSources::new(config, origin)?;
        let program = own_program();
        explain(self.own_namespaces())?;
        self.cgroups.make_way(self.cover)?;
        // What was open before belongs to the mount namespace of before, of which nothing can be mounted here.
        let bundle = self.bundle.identity.open_again(&self.bundle.path)?;
        let root = self.bundle.open_root(&bundle, config.root_path())?;
        let root = DetachedMount::clone_of(&root, true).context("taking the root file system")?;
        let state = self.state.map(|state| state.identity.open_again(&state.path)).transpose()?;
        let state = state
            .map(|state| DetachedMount::clone_of(&state, true).context("taking the directory of --state"))
            .transpose()?;
        let mut sources = sources.take(config, &volumes.make()?)?;
        self.cgroups.show()?;

        let cover = cover.open_again(self.cover)?;
        let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
        let tmpfs = DetachedMount::tmpfs(&[("mode", "0755")], attributes)?;
        tmpfs.attach_over(&cover).with_context(|| format!("mounting a tmpfs over '{}'", self.cover))?;
        self.make_bundle_place()?;
        let place = &self.bundle.path;
        std::env::set_current_dir(place).with_context(|| format!("entering '{place}'"))?;

        let rootfs = place.join("rootfs");
        let lower = if self.layer.is_some() { place.join("lower") } else { rootfs.clone() };
        for directory in [&place.join("state"), &rootfs, &lower] {
            make_directory(directory)?;
        }
        root.attach(&lower)?;
        restrict(&lower, MountFlags::RDONLY)?;
        if let Some(layer) = self.layer {
            self.put_layer(state.as_ref())?;
            let at = self.state.map_or_else(|| "in memory".to_owned(), |state| format!("--state '{}'", state.path));
            Overlay { privilege: self.privilege, layer, owned: self.owned, size: self.layer_size, place: &at }
                .put(&rootfs, config)?;
        } else if !self.is_crun {
            let root = open_directory(CWD, rootfs.as_std_path()).with_context(|| format!("opening '{rootfs}'"))?;
            tmpfs_modes::cover_in(&root, config)?;
        }

        let mut config = config.clone();
        config["root"]["path"] = json!("rootfs");
        let rootfs = open_directory(CWD, rootfs.as_std_path()).with_context(|| format!("opening '{rootfs}'"))?;
        let store = sources.store.take();
        let in_store = sources.put(&mut config, &place.join("sources"), rootfs.as_fd())?;
        cwd::check_final(&config, &rootfs).with_context(|| format!("'{}'", self.bundle.config_path()))?;
        let mut mount_points = None;
        if let Some((store, program)) = store.zip(program) {
            let lower = open_directory(CWD, lower.as_std_path()).with_context(|| format!("opening '{lower}'"))?;
            let is_kept = self.state.is_some();
            let program = &program;
            let looked_at = Roots { program, place, rootfs: rootfs.as_fd(), lower: lower.as_fd(), is_kept };
            mount_points = store.have_mounted(&mut config, &in_store, looked_at)?;
        }
        if let Some(network) = self.network {
            network.show_in(&mut config, place);
        }
        let file = place.join("config.json");
        fs::write(&file, config.as_value().to_string()).with_context(|| format!("writing '{file}'"))?;
        Ok(mount_points)
    }

    /// Makes the directories between the cover and the bundle.
    fn make_bundle_place(&self) -> Result<()> {
        let mut place = self.cover.to_owned();
        let below = self.bundle.path.strip_prefix(self.cover).unwrap_or(Utf8Path::new(""));
        for name in below {
            place.push(name);
            make_directory(&place)?;
        }
        Ok(())
    }

    /// Puts the directory of the layer in place.
    fn put_layer(&self, state: Option<&DetachedMount>) -> Result<()> {
        let place = self.bundle.path.join("layer");
        make_directory(&place)?;
        let options = [("mode", "0755"), ("size", self.layer_size), ("nr_inodes", "1m")];
        match state {
            Some(state) => state.attach(&place),
            None => DetachedMount::tmpfs(&options, MountAttrFlags::empty())?.attach(&place),
        }
    }

    /// Gives this process a mount namespace, in a user namespace where it is root if it is not root now.
    fn own_namespaces(&self) -> Result<()> {
        let (uid, gid) = (geteuid(), getegid());
        let is_made = self.privilege.is_root() || self.user_namespace.is_some();
        let flags = if is_made { UnshareFlags::NEWNS } else { UnshareFlags::NEWNS | UnshareFlags::NEWUSER };
        self.user_namespace.map_or(Ok(()), UserNamespace::enter)?;
        // What is unsafe about it, are tables of open files, and these stay shared.
        #[allow(deprecated)]
        rustix::thread::unshare(flags).context("making namespaces (unshare(2))")?;
        if !is_made {
            map_caller_to_root(uid, gid)?;
        }
        let flags = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
        mount::mount_change("/", flags).context("keeping mounts from the rest of the host")
    }
}
