//! Packets that a container makes itself, past the kernel's rules of what may leave by an interface.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};
use camino::Utf8Path;

use crate::runner::runtime_config::RuntimeConfig;

/// Who may make them, or change the routes that keep the loopback in the container.
const CAPABILITIES: [&str; 2] = ["CAP_NET_RAW", "CAP_NET_ADMIN"];

/// From 2025 on, no version of pasta hands on what is for a loopback.
const FIRST_SAFE: u32 = 20_250_101;

/// Refuses a container that could reach the host's loopback through this pasta.
///
/// # Errors
/// It is one.
pub fn check(config: &RuntimeConfig, pasta: &Utf8Path) -> Result<()> {
    // In a user namespace of its own, it has no power over the network, which belongs to another one.
    if config.has_user_namespace() {
        return Ok(());
    }
    let capability = CAPABILITIES.into_iter().find(|capability| config.has_capability(capability));
    let Some(capability) = capability.filter(|_| version_of(pasta).is_none_or(|day| day < FIRST_SAFE)) else {
        return Ok(());
    };
    bail!(
        "the container has {capability}, with which it could reach what listens on the host's loopback, as '{pasta}' is from before \
         2025; leave the capability out, install a newer passt, or use --network private"
    )
}

/// The day of a version, if it says one.
fn version_of(pasta: &Utf8Path) -> Option<u32> {
    let output = Command::new(pasta).arg("--version").env_clear().stdin(Stdio::null()).output().ok()?;
    day(&String::from_utf8_lossy(&output.stdout))
}

/// Such as `pasta 2025_01_21.4f2c8e7`, or Debian's `pasta 0.0~git20250503.587980c-2`.
fn day(version: &str) -> Option<u32> {
    let first = version.lines().next()?.replace('_', "");
    let mut numbers = first.split(|c: char| !c.is_ascii_digit());
    numbers.find_map(|number| number.parse().ok().filter(|_| number.len() == 8 && number.starts_with("20")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_says_its_day() {
        for (version, found) in [
            ("pasta 2025_01_21.4f2c8e7\nCopyright Red Hat", Some(20_250_121)),
            ("pasta 0.0~git20230309.7c7625d", Some(20_230_309)),
            ("pasta unknown version", None),
            ("", None),
        ] {
            assert_eq!(day(version), found, "{version}");
        }
    }
}
