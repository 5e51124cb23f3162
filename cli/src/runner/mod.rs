//! `oci-bundle run`: starts a bundle of the store, for any user, and leaves nothing behind.
//!
//! A bundle in the store is read-only, and a runtime wants to write beside it. So this process gets a mount namespace of
//! its own, in which a tmpfs lies over the bundle: it has the adapted config.json, the runtime's state, what bind mounts are of,
//! and the root file system, which is a read-only mount of the bundle's own, or an overlay on that. Then this process becomes the
//! runtime, so that signals, the terminal and the exit code are the runtime's. What was mounted goes away with the last process
//! of the namespace.
//!
//! Bundles, directories and links may belong to somebody else: each is opened once, checked, and used by its descriptor.

mod accounts;
mod adapt;
mod bind_sources;
mod bounds;
mod bundle;
mod cgroup_view;
mod container_tree;
mod control_group;
mod cwd;
mod descriptors;
mod env_file;
mod environment;
mod file_systems;
mod groups;
mod host;
mod id_maps;
mod ids;
mod layer;
mod limits;
mod machine_root;
mod mount_namespace;
mod mounts;
mod overlay;
mod review;
mod rights;
mod root;
mod runtime;
mod seccomp;
mod size;
mod spelling;
mod state_dir;
mod trust;
mod unfit;
mod user_namespace;
mod users;
mod volume;
mod wishes;
mod wrapper;
mod writable_dirs;

use std::convert::Infallible;
use std::os::fd::RawFd;
use std::os::unix::process::CommandExt;

use anyhow::{Context, Result, bail};
use camino::Utf8PathBuf;
use serde_json::Value;

pub use self::accounts::UserOption;
pub use self::bundle::Bundle;
use self::cgroup_view::Cgroups;
pub use self::descriptors::{close_others, handed_over};
pub use self::env_file::read as read_env_file;
pub use self::environment::{Lookup, Variable, parse_file};
pub use self::host::Host;
use self::mount_namespace::Stage;
pub use self::review::notes;
pub use self::rights::Plan;
use self::root::Root;
pub use self::runtime::Runtime;
pub use self::size::Size;
use self::state_dir::StateDir;
use self::trust::Trust;
pub use self::user_namespace::{Planned, hold, plan};
pub use self::users::KeepId;
pub use self::volume::Volume;
pub use self::wishes::{Terminal, Wishes};
pub use self::wrapper::{WRAPPED, Wrapper};

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Run {
    /// The runtime that was asked for.
    pub runtime: Option<Utf8PathBuf>,
    /// Where a writable root keeps what is written; in memory, for as long as the container runs, if there is none.
    pub state: Option<Utf8PathBuf>,
    /// Whether the runtime mounts a socket for `sd_notify(3)`: `NOTIFY_SOCKET` is set.
    pub notifies: bool,
    /// How much may be written to memory; half of the machine's if there is none.
    pub tmpfs_size: Option<Size>,
    /// How many sockets the runtime is handed, as `LISTEN_FDS` says.
    pub sockets: Option<RawFd>,
    /// What is changed in config.json.
    pub wishes: Wishes,
}

impl Run {
    /// What the container gets on this machine.
    ///
    /// # Errors
    /// A bundle that is none, or wishes that it cannot fulfil.
    pub fn plan(&self, bundle: &Bundle, host: &Host) -> Result<Plan> {
        let document = bundle.config()?;
        if let Some(foreign) = spelling::find_foreign(&document) {
            bail!("'{}': {foreign}", bundle.config_path());
        }
        bounds::check(&document)
            .and_then(|()| mounts::check(&document))
            .and_then(|()| unfit::check(&document))
            .with_context(|| format!("'{}'", bundle.config_path()))?;
        let runtime = Runtime::find(self.runtime.as_deref()).ok();
        if host.cgroups == Cgroups::Missing && runtime.as_ref().is_some_and(Runtime::is_runc) {
            bail!("runc starts nothing on a machine without cgroups; use crun");
        }
        let probe = runtime.as_ref().and_then(|runtime| seccomp::Probe::start(&document, runtime));
        let plan = || {
            let root = Root::new(bundle.root(bundle::root_of(&document))?);
            let mut document = adapt::adapt(document, &self.wishes, &root)?;
            cwd::check_planned(&document, &root)?;
            mounts::guard(&mut document);
            if let Some(size) = self.tmpfs_size {
                let has_layer = self.state.is_none() && document["root"]["readonly"] != true;
                if !mounts::set_size_of_tmp(&mut document, size) && !has_layer {
                    bail!(
                        "--tmpfs-size: nothing is written to memory: no tmpfs on /tmp, and no root that is written to"
                    );
                }
            }
            let is_crun = runtime.is_some_and(|runtime| runtime.is_crun());
            let lacks = fit_cgroups(&mut document, host, is_crun)?;
            let mut plan = Plan::of(document, host, self.wishes.userns)?;
            plan.dropped.extend(lacks);
            plan.dropped.extend(probe.and_then(|probe| probe.finish(&mut plan.document)));
            anyhow::Ok(plan)
        };
        plan().with_context(|| format!("'{}'", bundle.config_path()))
    }

    /// Becomes the runtime, so this returns only if that fails.
    ///
    /// # Errors
    /// What could not be prepared or started.
    pub fn start(&self, bundle: &Bundle, plan: &Planned, host: &Host) -> Result<Infallible> {
        let (Planned { plan, ids }, document) = (plan, &plan.plan.document);
        let ids = ids.as_ref();
        let runtime = Runtime::find(self.runtime.as_deref())?;
        if !host.is_root && !runtime.runs_without_root_in(document) {
            bail!(
                "runc runs no container without a user and group 0, and an ordinary user has one of each to give, which \
                 are {} and {} here; use crun, or --user 0, or have root grant ids in /etc/subuid and /etc/subgid",
                document["process"]["user"]["uid"],
                document["process"]["user"]["gid"]
            );
        }
        if self.state.is_some() && document["root"]["readonly"] == true {
            bail!("--state: the container is 'readonly', so that it writes nothing that could be kept");
        }
        let trust = Trust::new(&[runtime.program()])?;
        let cover = trust.fixed_part(&bundle.path)?;
        if runtime.program().starts_with(&cover) && cover != bundle.path || cover == "/" {
            bail!(
                "others can change what '{}' leads to, below '{cover}'; run a bundle from a directory that is yours alone",
                bundle.path
            );
        }
        file_systems::check(document, &[&cover, bundle.kept()], &trust)
            .with_context(|| format!("'{}'", bundle.config_path()))?;
        descriptors::ensure_no_directory()?;
        let root = bundle.root(bundle::root_of(document))?;
        let layer = layer::needed(document, &root, self.notifies);
        let take = |state: &Utf8PathBuf| StateDir::take(state, bundle.kept(), host.is_root);
        let state = self.state.as_ref().map(take).transpose()?;
        if let Some(group) = &host.control_group {
            group.hand_on(&plan.controllers)?;
        }
        Stage {
            is_root: host.is_root,
            bundle,
            trust: &trust,
            volumes: &self.wishes.volumes,
            cover: &cover,
            layer,
            state: state.as_ref(),
            layer_size: &self.tmpfs_size.map_or_else(|| LAYER_SIZE.to_owned(), |size| size.to_string()),
            ids,
            cgroups: host.cgroups.view(runtime.is_crun()),
        }
        .set(document)?;
        if host.is_root || ids.is_some() {
            groups::drop_supplementary()?;
        }
        let _lock = state.map(|state| descriptors::for_runtime(state.lock, self.sockets)).transpose()?;
        let mut command = runtime.command(&bundle.path, &host.id, host.cgroups != Cgroups::Missing);
        if self.sockets.is_none() {
            descriptors::forget(&mut command);
        }
        let error = command.exec();
        bail!("starting the runtime '{}': {error}", runtime.program())
    }
}

/// How large what a container writes may become in memory: half of it, as on `/tmp` under systemd.
const LAYER_SIZE: &str = "50%";

/// Takes out of a document what this machine's cgroups cannot do. Tells what that is.
fn fit_cgroups(document: &mut Value, host: &Host, is_crun: bool) -> Result<Vec<String>> {
    if host.cgroups == Cgroups::Missing {
        return Ok(vec![cgroup_view::without_cgroups(document)]);
    }
    if host.cgroups != Cgroups::Unified || !host.is_root {
        return Ok(Vec::new());
    }
    let mut dropped = Vec::new();
    dropped.extend(cgroup_view::without_controllers(document, &cgroup_view::available_controllers()?));
    if !host.locks_memory && is_crun {
        dropped.extend(cgroup_view::without_device_rules(document));
    }
    // What the machine lacks is one line.
    Ok(if dropped.is_empty() { dropped } else { vec![dropped.join("; ")] })
}
