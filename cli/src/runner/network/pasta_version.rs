//! How old pasta is.

use std::fs::File;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use camino::Utf8Path;
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};

use super::namespaces::draw_owner;
use crate::runner::privilege::Privilege;

/// From 2025 on, no version hands on what is for a loopback of IPv4, nor for `::1`, and each client of a published port of UDP is told
/// apart. All hand on what is for an address of IPv4 that is mapped into IPv6.
const FIRST_SAFE: u32 = 20_250_101;

/// The most that is read of what it says.
const LARGEST: u64 = 4096;

/// Why this one is too old, if it is, for what those before 2025 do wrong.
pub fn fault_of(pasta: &Utf8Path, privilege: Privilege) -> Option<&'static str> {
    match version_of(pasta, privilege) {
        Some(FIRST_SAFE..) => None,
        Some(_) => Some("is from before 2025"),
        None => Some("does not say that it is from 2025 or later"),
    }
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
