//! Packets that a container makes itself, past the kernel's rules of what may leave by an interface.
//!
//! They take power over the container's network. Of root's, the owner is a user that nobody is ([`draw_owner`]); who can become that
//! user has all capabilities there (`user_namespaces(7)`), and whose the network is, the kernel tells anybody.

use std::fs::File;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};
use camino::Utf8Path;
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};

use super::namespaces::{FIRST_UNUSED_ID, draw_owner};
use crate::runner::privilege::Privilege;
use crate::runner::runtime_config::RuntimeConfig;

/// Who may make them, or change the routes that keep the loopback in the container.
const CAPABILITIES: [&str; 2] = ["CAP_NET_RAW", "CAP_NET_ADMIN"];

/// Who may become the owner, or enter what is the owner's, in a container of root.
const CAPABILITIES_OF_ROOT: [&str; 2] = ["CAP_SETUID", "CAP_SYS_ADMIN"];

/// Who may make a program that runs as the owner, unless the container gets no new privileges.
const CAPABILITY_OVER_FILES: &str = "CAP_CHOWN";

/// From 2025 on, no version of pasta hands on what is for a loopback of IPv4, nor for `::1`. All do for an address of IPv4 that is
/// mapped into IPv6.
const FIRST_SAFE: u32 = 20_250_101;

/// The most that is read of what it says.
const LARGEST: u64 = 4096;

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
    let fault = match version_of(pasta, privilege) {
        Some(FIRST_SAFE..) => return Ok(()),
        Some(_) => "is from before 2025",
        None => "does not say that it is from 2025 or later",
    };
    bail!(
        "{power}, with which it could reach what listens on the host's loopback, as '{pasta}' {fault}; install a newer passt, leave \
         that out, or use --network private"
    )
}

/// The day of a version, if it says one. It is no root's process, as later, and may be where only root gets to.
fn version_of(pasta: &Utf8Path, privilege: Privilege) -> Option<u32> {
    let mut command = Command::new("/proc/self/fd/0");
    // It is pasta by this name, and passt by others.
    command.arg0("pasta").arg("--version").env_clear().current_dir("/");
    command.stdin(File::open(pasta).ok()?).stderr(Stdio::null());
    if let Some(id) = draw_owner(privilege).ok()? {
        command.uid(id).gid(id);
    }
    day(&said_at_terminal(command)?)
}

/// What a program prints at a terminal. Elsewhere, pasta of 2025 says no version: it ends before that is written.
fn said_at_terminal(mut command: Command) -> Option<String> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let terminal = openpt(flags).ok()?;
    unlockpt(&terminal).ok()?;
    let mut child = command.stdout(ioctl_tiocgptpeer(&terminal, flags).ok()?).spawn().ok()?;
    // It has the other end open.
    drop(command);
    let mut said = Vec::new();
    // Its end is an error (pty(7)).
    let _ = File::from(terminal).take(LARGEST).read_to_end(&mut said);
    child.wait().ok()?;
    Some(String::from_utf8_lossy(&said).into_owned())
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
