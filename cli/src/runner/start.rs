//! Sets up what was planned.

use std::borrow::Cow;

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};

use super::bundle::Bundle;
use super::cgroup::CgroupMode;
use super::files::Trust;
use super::host::Host;
use super::mount_namespace::{MountNamespace, required_layer};
use super::network::{NetworkStart, UserNetwork};
use super::null_device::mount_null;
use super::plan::{Plan, Planned, Run};
use super::rootless::groups;
use super::run_settings::run_settings;
use super::runtime::Runtime;
use super::state_dir::StateDir;
use super::supervision::Prepared;
use super::volumes::TakenVolumes;
use super::{descriptors, file_systems};
use crate::runner::runtime_config::RuntimeConfig;

/// How large what a container writes may become in memory: half of it, as on `/tmp` under systemd.
const LAYER_SIZE: &str = "50%";

impl Run {
    /// Sets up what was planned, and moves this process into the namespaces of the run.
    ///
    /// # Errors
    /// What could not be prepared.
    pub fn prepare(&self, bundle: &Bundle, planned: &Planned, host: &Host) -> Result<Prepared> {
        let config = &planned.plan.config;
        let user_namespace = planned.user_namespace.as_ref();
        let runtime = Runtime::find(self.runtime.as_deref(), &host.search_path)?;
        self.ensure_startable(config, &runtime, host)?;
        let trust = Trust::new(&[runtime.program()])?;
        let cover = find_cover(bundle, &runtime, &trust)?;
        file_systems::check(config, &[&cover, bundle.kept()], &trust)
            .with_context(|| format!("'{}'", bundle.config_path()))?;
        descriptors::ensure_no_directory()?;
        let network = planned.plan.network.as_ref();
        let asked = self.network.as_ref().and_then(|options| options.pasta.as_deref());
        let find_pasta = |network: &UserNetwork| {
            let pasta = network.find_pasta(asked, &host.search_path, host.privilege)?;
            network.check_packets(config, &pasta, host.privilege)?;
            anyhow::Ok(pasta)
        };
        let pasta = network.map(find_pasta).transpose()?;
        let mut shown = Cow::Borrowed(config);
        if let Some(network) = network {
            network.show_in(shown.to_mut(), &bundle.path);
        }
        // With a check, this process tells who waits, and not the program.
        let has_check = run_settings(config)?.health.is_some();
        let notifies = self.notifies && !has_check;
        let layer = required_layer(&shown, bundle.root(config.root_path())?, notifies);
        let Plan { volumes: named, owned, .. } = &planned.plan;
        let (volumes, locks) = TakenVolumes::take(named, owned, bundle.root(config.root_path())?)?;
        let take = |state: &Utf8PathBuf| StateDir::take(state, bundle.kept(), host.privilege);
        let state = self.state.as_ref().map(take).transpose()?;
        if let Some(cgroup) = &host.delegated_cgroup {
            cgroup.hand_on(&planned.plan.controllers)?;
        }
        let mount_points = MountNamespace {
            privilege: host.privilege,
            bundle,
            trust: &trust,
            volumes: &self.overrides.volumes,
            named,
            cover: &cover,
            layer,
            owned,
            state: state.as_ref(),
            layer_size: &self.tmpfs_size.map_or_else(|| LAYER_SIZE.to_owned(), |size| size.to_string()),
            user_namespace,
            is_crun: runtime.is_crun(),
            cgroups: host.cgroup_mode.view(runtime.is_crun()),
            network,
        }
        .enter(config, volumes)?;
        if has_check && host.privilege.is_root() {
            mount_null(&bundle.path)?;
        }
        let start = |(network, pasta): (&UserNetwork, &Utf8PathBuf)| {
            network.start(config, &NetworkStart { place: &bundle.path, privilege: host.privilege, pasta })
        };
        let helpers = network.zip(pasta.as_ref()).map(start).transpose()?.into_iter().collect();
        if host.privilege.is_root() || user_namespace.is_some() {
            groups::drop_supplementary()?;
        }
        let locks = locks.into_iter().chain(state.map(|state| state.lock)).collect();
        let mut command = runtime.command(&bundle.path, &host.id, host.cgroup_mode != CgroupMode::Missing);
        if self.sockets.is_none() {
            descriptors::forget(&mut command);
        }
        if has_check {
            command.env_remove("NOTIFY_SOCKET");
        }
        Ok(Prepared {
            command,
            runtime: runtime.program().to_owned(),
            owns_processes: config.has_own_processes(),
            has_sockets: self.sockets.is_some(),
            locks,
            helpers,
            mount_points,
        })
    }

    /// Refuses what this runtime or these options rule out.
    fn ensure_startable(&self, config: &RuntimeConfig, runtime: &Runtime, host: &Host) -> Result<()> {
        if !host.privilege.is_root() && !runtime.runs_without_root_in(config) {
            bail!(
                "runc needs user 0 and group 0 in the container, and without root there is only one of each, {} and {} here; \
                 use crun, or --user 0, or have root grant ids in /etc/subuid and /etc/subgid",
                config["process"]["user"]["uid"],
                config["process"]["user"]["gid"]
            );
        }
        if self.state.is_some() && config.is_root_read_only() {
            bail!("--state: the container is 'readonly' and writes nothing to keep; leave the option out");
        }
        Ok(())
    }
}

/// The directory that the run covers: the bundle, or what is above it as far as others could change the path.
fn find_cover(bundle: &Bundle, runtime: &Runtime, trust: &Trust) -> Result<Utf8PathBuf> {
    let cover = trust.fixed_part(&bundle.path)?;
    let hides_runtime = runtime.program().starts_with(&cover) && cover != bundle.path;
    if hides_runtime || cover == Utf8Path::new("/") {
        bail!(
            "other users can replace '{}' below '{cover}'; run bundles from a directory that only you can write to",
            bundle.path
        );
    }
    Ok(cover)
}
