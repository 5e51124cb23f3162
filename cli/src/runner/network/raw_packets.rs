//! Packets that a container makes itself, past the kernel's rules of what may leave by an interface.
//!
//! They take power over the container's network. Of root's, the owner is a user that nobody is (`draw_owner`); who can become that
//! user has all capabilities there (`user_namespaces(7)`), and whose the network is, the kernel tells anybody.

use anyhow::{Result, bail};
use camino::Utf8Path;

use super::namespaces::FIRST_UNUSED_ID;
use super::pasta_version::fault_of;
use crate::runner::privilege::Privilege;
use crate::runner::runtime_config::RuntimeConfig;

/// Who may make them, or change the routes that keep the loopback in the container.
const CAPABILITIES: [&str; 2] = ["CAP_NET_RAW", "CAP_NET_ADMIN"];

/// Who may become the owner, or enter what is the owner's, in a container of root.
const CAPABILITIES_OF_ROOT: [&str; 2] = ["CAP_SETUID", "CAP_SYS_ADMIN"];

/// Who may make a program that runs as the owner, unless the container gets no new privileges.
const CAPABILITY_OVER_FILES: &str = "CAP_CHOWN";

/// With what of it a container could send such packets, if it could. Its network has IPv4 alone, then.
pub fn power_of(config: &RuntimeConfig, privilege: Privilege) -> Option<String> {
    // In a user namespace of its own, it has no power over the network, which belongs to another one.
    if config.has_user_namespace() {
        return None;
    }
    let of_root = CAPABILITIES_OF_ROOT.into_iter().filter(|_| privilege.is_root());
    let over_files =
        (privilege.is_root() && config["process"]["noNewPrivileges"] != true).then_some(CAPABILITY_OVER_FILES);
    let mut risky = CAPABILITIES.into_iter().chain(of_root).chain(over_files);
    let capability = risky
        .find(|capability| config.has_capability(capability))
        .map(|capability| format!("the container has {capability}"));
    let user =
        config["process"]["user"]["uid"].as_u64().filter(|uid| privilege.is_root() && *uid >= FIRST_UNUSED_ID.into());
    capability.or_else(|| user.map(|uid| format!("the container's user is {uid}")))
}

/// Checks that a container with this power does not reach the host's loopback through this pasta.
///
/// # Errors
/// It could.
pub fn check(power: &str, pasta: &Utf8Path, privilege: Privilege) -> Result<()> {
    let Some(fault) = fault_of(pasta, privilege) else { return Ok(()) };
    bail!(
        "{power}, with which it could reach what listens on the host's loopback, as '{pasta}' {fault}; install a newer passt, leave \
         that out, or use --network private"
    )
}
