//! The names of the containers, for the script and for each other: hosts(5).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
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
    for (number, names) in names(supervision)? {
        let _ = writeln!(text, "{} {}", Network::address(number), names.join(" "));
    }
    let file = supervision.work.join("hosts");
    fs::write(&file, text).with_context(|| format!("writing '{}'", file.display()))?;
    mount::mount_bind(&file, HOSTS).with_context(|| format!("mounting '{}' on {HOSTS}", file.display()))?;
    Ok(file)
}

/// The names of each container: the test's, and its own hostname, as programs look themselves up.
fn names(supervision: &Supervision) -> Result<BTreeMap<usize, Vec<String>>> {
    let names = supervision.nodes.iter().enumerate().map(|(number, node)| {
        let config = Bundle::open(&node.bundle)?.config()?;
        let hostname = config["hostname"].as_str().filter(|hostname| *hostname != node.name);
        let is_other = |hostname: &&str| supervision.nodes.iter().all(|other| other.name != *hostname);
        let names = [Some(node.name.clone()), hostname.filter(is_other).map(str::to_owned)];
        Ok((number, names.into_iter().flatten().collect()))
    });
    names.collect()
}
