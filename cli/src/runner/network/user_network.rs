//! The network that pasta(1) connects, and what the container finds of it in its files.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use oci_bundle_builder::plan::definition::port::{Port, Protocol, Published};
use oci_bundle_builder::plan::rootfs::base_files;
use serde_json::{Value, json};

use super::addresses::HostAddresses;
use super::connected::Connected;
use super::held_pasta::SERVERS;
use super::hosts::hosts;
use super::namespaces::{Namespaces, draw_owner};
use super::pasta;
use super::pasta_version::fault_of;
use super::raw_packets;
use super::resolver::{RESOLV_CONF, resolv_conf};
use crate::netfilter::CHOSEN_BY_KERNEL;
use crate::runner::files::{RootDir, SearchPath, make_directory};
use crate::runner::privilege::Privilege;
use crate::runner::runtime_config::RuntimeConfig;
use crate::runner::supervision::Helper;

/// What is at most read of a file of the host or of the bundle.
const LARGEST: u64 = 1 << 20;

/// Where hosts(5) is.
const HOSTS: &str = "/etc/hosts";

/// Which of the files of a network are the run's to give: those that the bundle does not have something of its own in, nor has
/// mounted anything over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkFiles {
    hosts: bool,
    resolv_conf: bool,
}

impl NetworkFiles {
    /// Those of a container with this document and this root file system.
    pub fn new(config: &RuntimeConfig, root: &RootDir) -> Self {
        let is_mounted = |path: &str| config.mount_above(Utf8Path::new(path)).is_some();
        // An empty file is one that an engine has made to mount on.
        let lacks = |path: &str, usual: &str| match root.read(path, LARGEST) {
            Ok(text) => text.trim().is_empty() || text == usual,
            Err(error) => error.kind() == ErrorKind::NotFound,
        };
        let of_base = base_files::hosts(config["hostname"].as_str());
        Self {
            hosts: !is_mounted(HOSTS) && lacks(HOSTS, &of_base),
            resolv_conf: !is_mounted(RESOLV_CONF) && lacks(RESOLV_CONF, ""),
        }
    }

    /// Mounts the host's own.
    pub fn bind_those_of_host(self, config: &mut RuntimeConfig) {
        let is_there = |path: &str| fs::metadata(path).is_ok_and(|found| found.is_file());
        let paths = self.paths().filter(|path| is_there(path)).map(|path| bind(path, path, true));
        add_mounts(config, paths);
    }

    fn paths(self) -> impl Iterator<Item = &'static str> {
        let paths = [(self.hosts, HOSTS), (self.resolv_conf, RESOLV_CONF)];
        paths.into_iter().filter(|(is_ours, _)| *is_ours).map(|(_, path)| path)
    }
}

/// The network of a container in the mode `user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserNetwork {
    /// What is published.
    pub ports: Vec<Port>,
    /// The files that say what there is.
    pub files: NetworkFiles,
    /// The container's name, if it has one.
    pub hostname: Option<String>,
}

/// With what a network is started.
pub struct NetworkStart<'s> {
    /// Where the run keeps what belongs to it.
    pub place: &'s Utf8Path,
    /// What the kernel allows.
    pub privilege: Privilege,
    /// The program pasta(1).
    pub pasta: &'s Utf8Path,
}

impl UserNetwork {
    /// What can be said before the network is made: a port that is taken, a program or a device that is not there. Gives the program.
    ///
    /// # Errors
    /// One of these.
    pub fn find_pasta(
        &self,
        asked: Option<&Utf8Path>,
        search_path: &SearchPath,
        privilege: Privilege,
    ) -> Result<Utf8PathBuf> {
        let program = pasta::find(asked, search_path)?;
        pasta::check_ports(&self.ports)?;
        pasta::check_device(privilege)?;
        Ok(program)
    }

    /// Refuses a container from which this pasta does not keep the host's loopback.
    ///
    /// # Errors
    /// It is one.
    pub fn check_packets(&self, config: &RuntimeConfig, pasta: &Utf8Path, privilege: Privilege) -> Result<()> {
        self.check_udp(pasta, privilege)?;
        let Some(power) = raw_packets::power_of(config, privilege) else { return Ok(()) };
        raw_packets::check(&power, pasta, privilege)?;
        let of_v6 = |port: &&Port| port.published.is_some_and(|of_host| of_host.address.is_some_and(|ip| ip.is_ipv6()));
        if let Some(port) = self.ports.iter().find(of_v6) {
            bail!(
                "publishing {port}: {power}, so its network has IPv4 alone; publish on an address of IPv4, or leave that out"
            );
        }
        let host = HostAddresses::find();
        ensure!(
            host.v4.is_some() || host.v6.is_none(),
            "{power}, so its network has IPv4 alone, and this host has IPv6 alone; leave that out, or use --network private"
        );
        Ok(())
    }

    /// Refuses ports of UDP that this pasta does not keep apart from others.
    fn check_udp(&self, pasta: &Utf8Path, privilege: Privilege) -> Result<()> {
        for port in self.ports.iter().filter(|port| port.protocol == Protocol::Udp) {
            let Some(Published { address, number }) = port.published else { continue };
            let (problem, remedy) = if address.is_some_and(|address| address.is_loopback()) {
                ("takes clients of UDP on a loopback for others", "another address")
            } else if CHOSEN_BY_KERNEL.contains(&number) {
                ("may give it to another container, as the kernel chooses such ports, too", "a port below 32768")
            } else {
                continue;
            };
            if let Some(fault) = fault_of(pasta, privilege) {
                bail!(
                    "publishing {port}: '{pasta}' {fault}, and {problem}; install a newer passt, or publish on {remedy}"
                );
            }
        }
        Ok(())
    }

    /// What whoever runs somebody else's bundle should know of it.
    pub fn notes(&self, config: &RuntimeConfig, privilege: Privilege) -> Vec<String> {
        let published = self.ports.iter().filter_map(|port| Some((port, port.published?)));
        let notes = published.map(|(Port { number, protocol, .. }, Published { address, number: of_host })| {
            let addresses =
                address.map_or_else(|| "all its addresses".to_owned(), |address| format!("the address {address}"));
            format!(
                "port {of_host} of the host, on {addresses}, is handed on to port {number}/{protocol} of the container"
            )
        });
        let versions = raw_packets::power_of(config, privilege).map(|power| format!(" over IPv4 alone, as {power}"));
        let connected = format!("pasta connects it with the network of the host{}", versions.unwrap_or_default());
        std::iter::once(connected).chain(notes).collect()
    }

    /// Has a document join the namespace that is to be made below `place`, and mount the files there.
    pub fn show_in(&self, config: &mut RuntimeConfig, place: &Utf8Path) {
        let directory = directory(place);
        let namespaces = config.linux_mut().and_then(|linux| linux.get_mut("namespaces")?.as_array_mut());
        for namespace in namespaces.into_iter().flatten().filter(|namespace| namespace["type"] == "network") {
            namespace["path"] = json!(directory.join(Namespaces::NETWORK));
        }
        if config.has_user_namespace() {
            // Only who owns the network may mount a view of it, and that is not this container.
            let source = directory.join(Namespaces::SYS);
            for mount in config.mounts_mut().into_iter().flatten().filter(|mount| mount["type"] == "sysfs") {
                mount["type"] = json!("none");
                mount["source"] = json!(source);
                if let Some(options) = mount["options"].as_array_mut() {
                    options.push(json!("rbind"));
                }
            }
        }
        let is_read_only = config.is_root_read_only();
        let name = |path: &str| directory.join(Utf8Path::new(path).file_name().unwrap_or_default());
        add_mounts(config, self.files.paths().map(|path| bind(name(path).as_str(), path, is_read_only)));
    }

    /// Makes the network, writes the files, and waits until pasta has connected it.
    ///
    /// # Errors
    /// What the kernel does not allow, and what pasta says.
    pub fn start(&self, config: &RuntimeConfig, start: &NetworkStart<'_>) -> Result<Helper> {
        let directory = directory(start.place);
        make_directory(&directory)?;
        let is_v4_alone = raw_packets::power_of(config, start.privilege).is_some();
        let of_host = fs::read_to_string(RESOLV_CONF).unwrap_or_default();
        let connected = Connected::new(HostAddresses::find(), is_v4_alone, &of_host);
        for (path, text) in [
            (HOSTS, hosts(self.hostname.as_deref(), connected.host)),
            (RESOLV_CONF, resolv_conf(&of_host, connected.servers)),
            (SERVERS, connected.servers.resolv_conf()),
        ] {
            let file = directory.join(Utf8Path::new(path).file_name().unwrap_or_default());
            fs::write(&file, text).with_context(|| format!("writing '{file}'"))?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644))
                .with_context(|| format!("writing '{file}'"))?;
        }
        let namespaces = Namespaces { directory: &directory, owner: draw_owner(start.privilege)? };
        namespaces.make()?;
        let udp = self.ports.iter().filter(|port| port.protocol == Protocol::Udp);
        let udp: BTreeSet<_> = udp.filter_map(|port| Some([port.number, port.published?.number])).flatten().collect();
        let udp: Vec<_> = udp.into_iter().collect();
        let is_old = !udp.is_empty() && fault_of(start.pasta, start.privilege).is_some();
        namespaces.set_rules(if is_old { &udp } else { &[] })?;
        if config.has_user_namespace() {
            namespaces.mount_sys()?;
        }
        pasta::start(start.pasta, &namespaces, &self.ports, connected)
    }
}

/// Where all of it is.
fn directory(place: &Utf8Path) -> Utf8PathBuf {
    place.join("network")
}

fn bind(source: &str, destination: &str, is_read_only: bool) -> Value {
    let access = if is_read_only { "ro" } else { "rw" };
    json!({
        "destination": destination, "type": "bind", "source": source,
        "options": ["bind", access, "nosuid", "nodev", "noexec"],
    })
}

/// Behind the others, so that they are on top of them.
fn add_mounts(config: &mut RuntimeConfig, mounts: impl Iterator<Item = Value>) {
    // The field may be left out (config.md, "Mounts").
    if config.as_value().get("mounts").is_none() {
        config["mounts"] = json!([]);
    }
    let mounts: Vec<_> = mounts.collect();
    config.mounts_mut().into_iter().for_each(|list| list.extend(mounts.iter().cloned()));
}

#[cfg(test)]
mod tests;
