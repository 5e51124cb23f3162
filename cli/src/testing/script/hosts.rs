//! The names of the containers, for the script and for each other: hosts(5).

use std::fmt::Write;
use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use rustix::mount;

use super::supervision::Supervision;
use crate::runner::Bundle;
use crate::testing::network::Network;

/// The script's own.
const HOSTS: &str = "/etc/hosts";

/// Writes the names into a file, and mounts it where the script looks for them.
///
/// # Errors
/// What cannot be read or written.
pub fn write(supervision: &Supervision) -> Result<PathBuf> {
    let mut text = "127.0.0.1 localhost\n::1 localhost\n".to_owned();
    for (address, names) in names(supervision)? {
        let _ = writeln!(text, "{address} {}", names.join(" "));
    }
    let file = supervision.work.join("hosts");
    fs::write(&file, text).with_context(|| format!("writing '{}'", file.display()))?;
    mount::mount_bind(&file, HOSTS).with_context(|| format!("mounting '{}' on {HOSTS}", file.display()))?;
    Ok(file)
}

/// The address and the names of each container: the test's, and its own hostname, as programs look themselves up. One without a
/// network namespace of its own is where the script is.
fn names(supervision: &Supervision) -> Result<Vec<(Ipv4Addr, Vec<String>)>> {
    let names = supervision.nodes.iter().enumerate().map(|(number, node)| {
        let config = Bundle::open(&node.bundle)?.config()?;
        let hostname = config["hostname"].as_str().filter(|hostname| *hostname != node.name);
        let is_other = |hostname: &&str| supervision.nodes.iter().all(|other| other.name != *hostname);
        let names = [Some(node.name.clone()), hostname.filter(is_other).map(str::to_owned)];
        let has_network = config.namespaces().any(|namespace| namespace["type"] == "network");
        let address = if has_network { Network::address(number) } else { Network::SCRIPT };
        Ok((address, names.into_iter().flatten().collect()))
    });
    names.collect()
}
