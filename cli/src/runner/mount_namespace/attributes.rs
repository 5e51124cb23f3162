//! What mounts do not let through, with all that is mounted below them.

use std::fs;

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::mount::{self, MountFlags, MountPropagationFlags};

/// Makes what is mounted at `place`, and below it, private, and adds these flags, such as read-only, to those that it has.
///
/// # Errors
/// What the kernel does not allow.
pub fn restrict(place: &Utf8Path, added: MountFlags) -> Result<()> {
    let changing = || format!("limiting the mount '{place}'");
    mount::mount_change(place.as_std_path(), MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .with_context(changing)?;
    let table = fs::read("/proc/self/mountinfo").context("reading '/proc/self/mountinfo'")?;
    // What is not UTF-8 in it is a mount of somebody else: `place` is, and what is below it.
    let table = String::from_utf8_lossy(&table);
    for (at, flags) in table.lines().filter_map(parse_mount).filter(|(at, _)| at.starts_with(place)) {
        let flags = flags | added | MountFlags::BIND;
        mount::mount_remount(at.as_std_path(), flags, "").with_context(changing)?;
    }
    Ok(())
}

/// Where a line of `mountinfo` has its mount, and with which flags (`proc_pid_mountinfo`(5)).
fn parse_mount(line: &str) -> Option<(Utf8PathBuf, MountFlags)> {
    let mut fields = line.split(' ').skip(4);
    let (place, options) = (fields.next()?, fields.next()?);
    let flags = options.split(',').map(|option| match option {
        "nosuid" => MountFlags::NOSUID,
        "nodev" => MountFlags::NODEV,
        "noexec" => MountFlags::NOEXEC,
        "noatime" => MountFlags::NOATIME,
        "nodiratime" => MountFlags::NODIRATIME,
        "relatime" => MountFlags::RELATIME,
        _ => MountFlags::empty(),
    });
    Some((unescaped(place).into(), flags.fold(MountFlags::empty(), |all, flag| all | flag)))
}

/// A path of `mountinfo`, in which some characters stand as three octal digits.
fn unescaped(path: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(path.to_owned(), |path, (escaped, plain)| path.replace(escaped, plain))
}

#[cfg(test)]
mod tests;
