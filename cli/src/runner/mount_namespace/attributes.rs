//! What mounts do not let through, with all that is mounted below them.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use camino::Utf8Path;
use rustix::mount::{self, MountFlags, MountPropagationFlags};

/// What the kernel writes otherwise in a path of `mountinfo`.
const ESCAPED: [(&[u8], u8); 4] = [(b"\\040", b' '), (b"\\011", b'\t'), (b"\\012", b'\n'), (b"\\134", b'\\')];

/// Makes what is mounted at `place`, and below it, private, and adds these flags, such as read-only, to those that it has.
///
/// # Errors
/// What the kernel does not allow.
pub fn restrict(place: &Utf8Path, added: MountFlags) -> Result<()> {
    let changing = || format!("limiting the mount '{place}'");
    mount::mount_change(place.as_std_path(), MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .with_context(changing)?;
    let table = fs::read("/proc/self/mountinfo").context("reading '/proc/self/mountinfo'")?;
    let mounts = table.split(|byte| *byte == b'\n').filter_map(parse_mount);
    for (at, flags) in mounts.filter(|(at, _)| at.starts_with(place)) {
        let flags = flags | added | MountFlags::BIND;
        mount::mount_remount(&at, flags, "").with_context(changing)?;
    }
    Ok(())
}

/// Where a line of `mountinfo` has its mount, and with which flags (`proc_pid_mountinfo`(5)). A name may have any bytes.
fn parse_mount(line: &[u8]) -> Option<(PathBuf, MountFlags)> {
    let mut fields = line.split(|byte| *byte == b' ').skip(4);
    let (place, options) = (fields.next()?, fields.next()?);
    let flags = options.split(|byte| *byte == b',').map(|option| match option {
        b"nosuid" => MountFlags::NOSUID,
        b"nodev" => MountFlags::NODEV,
        b"noexec" => MountFlags::NOEXEC,
        b"noatime" => MountFlags::NOATIME,
        b"nodiratime" => MountFlags::NODIRATIME,
        b"relatime" => MountFlags::RELATIME,
        _ => MountFlags::empty(),
    });
    let place = OsString::from_vec(unescaped(place));
    Some((place.into(), flags.fold(MountFlags::empty(), |all, flag| all | flag)))
}

/// A path of `mountinfo`, in which some characters stand as three octal digits.
fn unescaped(mut path: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(path.len());
    while let Some((first, rest)) = path.split_first() {
        let found = ESCAPED.iter().find_map(|(escaped, character)| Some((*character, path.strip_prefix(*escaped)?)));
        let (character, rest) = found.unwrap_or((*first, rest));
        plain.push(character);
        path = rest;
    }
    plain
}

#[cfg(test)]
mod tests;
