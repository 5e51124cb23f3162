//! What a container gets on this host, decided before anything is changed.

use std::os::fd::RawFd;

use anyhow::{Context, Result, bail, ensure};
use camino::Utf8PathBuf;
use oci_bundle_builder::plan::definition::run_settings::{ANNOTATION, RunSettings};
use oci_bundle_builder::plan::runtime_config::namespace_mounts::fit_mounts;
use serde_json::Value;

use super::bundle::Bundle;
use super::cgroup::CgroupMode;
use super::files::RootDir;
use super::host::{Host, SYS};
use super::init::InitOption;
use super::network::{NetworkFiles, NetworkMode, NetworkOptions, UserNetwork};
use super::overrides::{KeepId, Overrides, TmpfsSize, apply_overrides, set_size_of_tmp};
use super::owned_files::{OwnedFile, owned_files, users};
use super::rootless::{NoSubordinateIds, SubordinateIds, UserNamespace, adapt_to_caller};
use super::run_settings::run_settings;
use super::runtime::Runtime;
use super::runtime_config::{self, RuntimeConfig};
use super::seccomp::SeccompProbe;
use super::volumes::{AskedVolumes, PlannedVolumes, StateHome};
use super::{cwd, limits};

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Run {
    /// The runtime that was asked for.
    pub runtime: Option<Utf8PathBuf>,
    /// Where a writable root keeps what is written; in memory, for as long as the container runs, if there is none.
    pub state: Option<Utf8PathBuf>,
    /// Where the caller's volumes are.
    pub state_home: StateHome,
    /// Whether the runtime mounts a socket for `sd_notify(3)`: `NOTIFY_SOCKET` is set.
    pub notifies: bool,
    /// How much may be written to memory; half of the host's if there is none.
    pub tmpfs_size: Option<TmpfsSize>,
    /// How many sockets the runtime is handed, as `LISTEN_FDS` says.
    pub sockets: Option<RawFd>,
    /// Whether a container without an init is to have one.
    pub init: Option<InitOption>,
    /// What is changed in config.json.
    pub overrides: Overrides,
    /// What is asked for of the network; nothing for a container whose network its caller makes.
    pub network: Option<NetworkOptions>,
}

/// A config.json for this host and this user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The whole of it.
    pub config: RuntimeConfig,
    /// What was dropped, and why. A line each.
    pub dropped: Vec<String>,
    /// The ids that the container needs beside the user's own.
    pub subordinate: Option<SubordinateIds>,
    /// The controllers that the container's cgroup needs.
    pub controllers: Vec<String>,
    /// What belongs to others than root, or has a mode of its own.
    pub owned: Vec<OwnedFile>,
    /// The runtime, if it was asked and filters system calls.
    pub filtering_runtime: Option<String>,
    /// What is kept for the next run.
    pub volumes: PlannedVolumes,
    /// The network that is connected by a program of the host, if it is.
    pub network: Option<UserNetwork>,
}

/// A plan, with the user namespace that it needs.
#[derive(Debug)]
pub struct Planned {
    /// What the container gets.
    pub plan: Plan,
    /// The user namespace with subordinate ids, where it needs these.
    pub user_namespace: Option<UserNamespace>,
}

/// Plans a run, and makes the user namespace that it needs. Where subordinate ids cannot be had, it is the plan without them,
/// which says why.
///
/// # Errors
/// Those of [`Run::plan`].
pub fn plan(run: &Run, bundle: &Bundle, host: &mut Host) -> Result<Planned> {
    let plan = run.plan(bundle, host)?;
    let Some(ids) = &plan.subordinate else { return Ok(Planned { plan, user_namespace: None }) };
    match UserNamespace::new(ids, &host.search_path) {
        Ok(namespace) => Ok(Planned { plan, user_namespace: Some(namespace) }),
        Err(error) => {
            host.caller.subordinate = Err(NoSubordinateIds::Refused(format!("{error:#}")));
            Ok(Planned { plan: run.plan(bundle, host)?, user_namespace: None })
        }
    }
}

/// Refuses a check where the container's own processes could take its place: they may stop those of the runtime that makes it, and take the
/// number of the one that it looks for.
fn ensure_checkable(config: &RuntimeConfig) -> Result<()> {
    ensure!(
        config.has_own_processes() || run_settings(config)?.health.is_none(),
        "health: the container has the host's processes, and could stop those of a check and take their place; give it a pid namespace \
         (linux.namespaces), or leave health out"
    );
    Ok(())
}

impl Run {
    /// What the container gets on this host.
    ///
    /// # Errors
    /// An invalid bundle, or overrides that do not fit it.
    pub fn plan(&self, bundle: &Bundle, host: &Host) -> Result<Plan> {
        let config = bundle.config()?;
        let in_config = || format!("'{}'", bundle.config_path());
        runtime_config::validate(&config).with_context(in_config)?;
        let runtime = Runtime::find(self.runtime.as_deref(), &host.search_path).ok();
        if host.cgroup_mode == CgroupMode::Missing && runtime.as_ref().is_some_and(Runtime::is_runc) {
            bail!("runc needs cgroups, and this host has none; use crun");
        }
        let identity = runtime.as_ref().and_then(Runtime::identity);
        let is_known = identity.as_ref().is_some_and(|it| host.filtering_runtimes.contains(it));
        // The runtime answers while this process goes on.
        let probe = runtime.as_ref().filter(|_| !is_known).and_then(|runtime| SeccompProbe::start(&config, runtime));
        let plan = || {
            let root = RootDir::new(bundle.root(config.root_path())?);
            let mut config = apply_overrides(config, &self.overrides, &root)?;
            self.init
                .as_ref()
                .map_or(Ok(()), |init| init.put_into(&mut config, &host.search_path))
                .context("--init")?;
            let asked = AskedVolumes { overrides: &self.overrides, container: &bundle.name() };
            let volumes = PlannedVolumes::add(&mut config, asked, || self.state_home.volumes(host.privilege))?;
            let (network, not_published) = self.set_network(&mut config, &root)?;
            ensure_checkable(&config)?;
            cwd::check_planned(&config, &root)?;
            runtime_config::guard(&mut config);
            self.set_tmpfs_size(&mut config)?;
            let is_crun = runtime.is_some_and(|runtime| runtime.is_crun());
            let unsupported = limits::drop_unsupported(&mut config, host, is_crun)?;
            let mut plan = Plan::new(config, host, self.overrides.userns)?;
            let [user, root] = users(&plan.config, available_ids(host, plan.subordinate.as_ref()));
            plan.volumes = PlannedVolumes { user, root, ..volumes };
            plan.network = network;
            plan.dropped.extend(not_published);
            plan.dropped.extend(unsupported);
            let was_asked = probe.is_some();
            let lacking = probe.and_then(|probe| probe.finish(&mut plan.config));
            plan.filtering_runtime = identity.filter(|_| was_asked && lacking.is_none());
            plan.dropped.extend(lacking);
            anyhow::Ok(plan)
        };
        plan().with_context(in_config)
    }

    /// Gives a container the network that holds: the one that a program is to connect, and a line for each thing that is left out.
    fn set_network(&self, config: &mut RuntimeConfig, root: &RootDir) -> Result<(Option<UserNetwork>, Vec<String>)> {
        let Some(options) = &self.network else { return Ok((None, Vec::new())) };
        let settings = match config["annotations"][ANNOTATION].as_str() {
            Some(text) => RunSettings::from_annotation(text).with_context(|| format!("annotations.{ANNOTATION}"))?,
            None => RunSettings::default(),
        };
        let (mode, not_published) = NetworkMode::new(options, &settings)?;
        let dropped = not_published.into_iter().chain(mode.apply(config)).collect();
        let files = NetworkFiles::new(config, root);
        match mode {
            NetworkMode::Host => files.bind_those_of_host(config),
            NetworkMode::User(ports) => {
                let hostname = config["hostname"].as_str().map(str::to_owned);
                return Ok((Some(UserNetwork { ports, files, hostname }), dropped));
            }
            NetworkMode::Private | NetworkMode::Unchanged => {}
        }
        Ok((None, dropped))
    }

    /// Limits what a container writes to memory.
    fn set_tmpfs_size(&self, config: &mut RuntimeConfig) -> Result<()> {
        let Some(size) = self.tmpfs_size else { return Ok(()) };
        let has_layer = self.state.is_none() && !config.is_root_read_only();
        if !set_size_of_tmp(config, size) && !has_layer {
            bail!(
                "--tmpfs-size: the container writes nothing to memory: it has no tmpfs on /tmp and no root in memory"
            );
        }
        Ok(())
    }
}

impl Plan {
    /// Makes a document that root could run on any host fit this one.
    ///
    /// # Errors
    /// A document without an object where one has to be, or users that there cannot be.
    pub fn new(mut config: RuntimeConfig, host: &Host, keep: Option<KeepId>) -> Result<Self> {
        let mut dropped = Vec::new();
        for name in ["root", "linux"] {
            let part = config.as_value().get(name);
            ensure!(part.is_none_or(Value::is_object), "config.json: '{name}' is not an object");
        }
        let controllers = limits::delegate(&mut config, host, &mut dropped);
        let subordinate = if host.privilege.is_root() {
            if keep.is_some() {
                bail!("--userns=keep-id is for ordinary users: root's containers have the host's ids; leave it out");
            }
            None
        } else {
            adapt_to_caller(&mut config, &host.caller, keep, &mut dropped)?
        };
        fit_mounts(config.as_value_mut(), host.privilege);
        if !host.has_sys {
            dropped.extend(without_sys(&mut config));
        }
        let (owned, lacking) = owned_files(&config, available_ids(host, subordinate.as_ref()))?;
        dropped.extend(lacking);
        Ok(Self {
            config,
            dropped,
            subordinate,
            controllers,
            owned,
            filtering_runtime: None,
            volumes: PlannedVolumes::default(),
            network: None,
        })
    }
}

/// How many users and groups there are, from 0 on; `None` for all.
fn available_ids(host: &Host, subordinate: Option<&SubordinateIds>) -> Option<(u64, u64)> {
    let count = |extents: Vec<u64>| extents.iter().sum();
    let of = |(uids, gids)| (count(uids), count(gids));
    (!host.privilege.is_root()).then(|| subordinate.map_or((1, 1), |ids| of(ids.extents())))
}

/// Takes out the host's /sys, which a container gets that shares the network, where there is none: in Nix's sandbox.
fn without_sys(config: &mut RuntimeConfig) -> Option<String> {
    let mounts = config.mounts_mut()?;
    let before = mounts.len();
    mounts.retain(|mount| mount["source"] != SYS || mount["destination"] != SYS || mount["type"] == "sysfs");
    (mounts.len() < before).then(|| format!("{SYS} dropped: this host has none"))
}

#[cfg(test)]
mod tests;
