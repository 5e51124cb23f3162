//! Which network a container gets: the command line's, or else the bundle's, or else what its config.json says.

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};
use camino::Utf8PathBuf;
use oci_bundle_builder::plan::definition::port::{Port, Protocol};
use oci_bundle_builder::plan::definition::run_settings::{Network, RunSettings};
use serde_json::{Value, json};

use crate::runner::runtime_config::RuntimeConfig;

/// What the command line says of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkOptions {
    /// The network.
    pub network: Option<Network>,
    /// What of the host is handed on to the container, each with a port of the host.
    pub publish: Vec<Port>,
    /// The program pasta(1).
    pub pasta: Option<Utf8PathBuf>,
}

/// The network that a container gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// What config.json says.
    Unchanged,
    /// Loopback alone.
    Private,
    /// The host's.
    Host,
    /// One that pasta(1) connects, with these ports published.
    User(Vec<Port>),
}

/// Where the host's devices and drivers are.
const SYS: &str = "/sys";

impl Mode {
    /// The mode that holds, and a line for what is left out of the bundle.
    ///
    /// # Errors
    /// Options that rule each other out.
    pub fn new(options: &NetworkOptions, settings: &RunSettings) -> Result<(Self, Option<String>)> {
        let of_bundle: Vec<_> = settings.ports.iter().filter(|port| port.published.is_some()).copied().collect();
        let network = match options.network {
            Some(network @ (Network::Private | Network::Host)) => {
                if let Some(port) = options.publish.first() {
                    bail!(
                        "--publish: publishing {port} takes the network 'user', and --network is '{}'; leave one of them out",
                        network.name()
                    );
                }
                network
            }
            Some(Network::User) => Network::User,
            None if !options.publish.is_empty() => Network::User,
            None => match settings.network {
                Some(network) => network,
                None if of_bundle.is_empty() => return Ok((Self::Unchanged, None)),
                None => Network::User,
            },
        };
        let not_published = || {
            let ports: Vec<_> = of_bundle.iter().map(Port::to_string).collect();
            let line = format!("not published: {}, as --network is '{}'", ports.join(", "), network.name());
            (!ports.is_empty()).then_some(line)
        };
        match network {
            Network::Private => Ok((Self::Private, not_published())),
            Network::Host => Ok((Self::Host, not_published())),
            Network::User => Ok((Self::User(published(&of_bundle, &options.publish)?), None)),
        }
    }

    /// Gives a document the namespace of this mode, or takes it away. Tells what was dropped. The mounts are to be made fit later.
    pub fn apply(&self, config: &mut RuntimeConfig) -> Option<String> {
        if *self == Self::Unchanged {
            return None;
        }
        let had_namespace = has_network_namespace(config);
        if config.as_value().get("linux").is_none() {
            config["linux"] = json!({});
        }
        let namespaces = config.linux_mut()?.entry("namespaces").or_insert_with(|| json!([])).as_array_mut()?;
        namespaces.retain(|namespace| namespace["type"] != "network");
        if *self == Self::Host {
            return drop_parameters(config);
        }
        namespaces.push(json!({ "type": "network" }));
        if !had_namespace {
            show_own_sys(config);
        }
        None
    }
}

/// Those of the command line, and those of the bundle in whose place none of these is.
fn published(of_bundle: &[Port], asked: &[Port]) -> Result<Vec<Port>> {
    let mut taken = BTreeSet::new();
    for port in asked {
        ensure!(port.protocol != Protocol::Sctp, "--publish: '{port}': SCTP cannot be published, want TCP or UDP");
        ensure!(
            taken.insert(port.of_host()),
            "--publish: the port of the host in '{port}' is published twice; want another one"
        );
    }
    let is_replaced = |port: &Port| {
        taken.contains(&port.of_host())
            || asked.iter().any(|other| (other.protocol, other.number) == (port.protocol, port.number))
    };
    let kept = of_bundle.iter().filter(|port| !is_replaced(port)).copied();
    Ok(kept.chain(asked.iter().copied()).collect())
}

fn has_network_namespace(config: &RuntimeConfig) -> bool {
    config.namespaces().any(|namespace| namespace["type"] == "network")
}

/// Takes out the parameters of a network namespace, which nobody may set for the host's.
fn drop_parameters(config: &mut RuntimeConfig) -> Option<String> {
    let parameters = config.linux_mut()?.get_mut("sysctl")?.as_object_mut()?;
    let before = parameters.len();
    parameters.retain(|name, _| !name.starts_with("net.") && !name.starts_with("net/"));
    (parameters.len() < before).then(|| "linux.sysctl: parameters of the network dropped: it is the host's".to_owned())
}

/// Mounts a /sys that shows the container's own network where there is the host's as the builder binds it.
fn show_own_sys(config: &mut RuntimeConfig) {
    let is_of_host = |mount: &Value| mount["destination"] == SYS && mount["source"] == SYS;
    for mount in config.mounts_mut().into_iter().flatten().filter(|mount| is_of_host(mount)) {
        *mount = json!({
            "destination": SYS, "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"],
        });
    }
}

#[cfg(test)]
mod tests;
