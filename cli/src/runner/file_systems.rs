//! Mounts of other file systems than binds that take directories or files of the host: `overlay` in its options, others as
//! their source. The runtime looks for them itself, in the mount namespace of the run, so no such path may lead to what belongs
//! to the run, and nobody else may be able to change where it leads.

use std::os::fd::AsFd;
use std::path::Path;

use anyhow::{Context, Result, bail};
use camino::Utf8Path;
use rustix::fs::CWD;

use crate::runner::files::{Links, Trust, real_path};
use crate::runner::runtime_config::{Mount, RuntimeConfig};

/// The types of file systems that show nothing of the host's disks.
pub const VIRTUAL: [&str; 7] = ["cgroup", "cgroup2", "devpts", "mqueue", "proc", "sysfs", "tmpfs"];

/// The options that name directories (Linux, `Documentation/filesystems/overlayfs.rst`).
const DIRECTORIES: [&str; 5] = ["lowerdir", "lowerdir+", "datadir+", "upperdir", "workdir"];

/// The options of a mount that name directories of the host, each with its list of them. One text may have several: runtimes
/// hand all to the kernel with commas between them.
pub fn directories<'d>(mount: &Mount<'d>) -> impl Iterator<Item = (&'d str, &'d str)> {
    let options: Vec<_> = mount.options().flat_map(|option| unescaped_split(option, ',')).collect();
    options.into_iter().filter_map(|option| option.split_once('=')).filter(|(name, _)| DIRECTORIES.contains(name))
}

/// The parts of a text between separators that have no backslash before them.
fn unescaped_split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut is_escaped) = (Vec::new(), 0, false);
    for (at, character) in text.char_indices() {
        if character == separator && !is_escaped {
            parts.push(&text[start..at]);
            start = at + separator.len_utf8();
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    parts.push(&text[start..]);
    parts
}

/// Checks them. `hidden` are directories of which nothing is to be shown or changed: what the run takes the place of, and what
/// is to stay as it is.
///
/// # Errors
/// A path that is relative, or below that directory, or that somebody else can change.
pub fn check(config: &RuntimeConfig, hidden: &[&Utf8Path], trust: &Trust) -> Result<()> {
    let of_disks = |mount: &Mount<'_>| !mount.is_bind() && !VIRTUAL.contains(&mount.kind());
    for mount in config.mounts().into_iter().filter(of_disks) {
        for path in paths(&mount)? {
            check_one(&path, hidden, trust)
                .with_context(|| format!("mounts.{}: '{path}' of a file system '{}'", mount.index, mount.kind()))?;
        }
    }
    Ok(())
}

fn check_one(path: &str, hidden: &[&Utf8Path], trust: &Trust) -> Result<()> {
    let opened = trust.open_source(CWD.as_fd(), Path::new(path), Links::All)?;
    let place = real_path(opened)?;
    if let Some(hidden) = hidden.iter().find(|hidden| place.starts_with(hidden)) {
        bail!("it is below '{hidden}', which belongs to the run; want a path elsewhere");
    }
    if !trust.fixes_all_of(&place) {
        bail!("other users can replace it; want a path that only you and root can change");
    }
    Ok(())
}

/// The paths of the host that a mount names.
fn paths(mount: &Mount<'_>) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    // For most file systems this is a name, or a share of another machine, even if it looks like a path.
    if mount.source.starts_with('/') && rustix::fs::stat(mount.source).is_ok() {
        paths.push(mount.source.to_owned());
    }
    for (name, list) in directories(mount) {
        for path in unescaped_split(list, ':').into_iter().map(unescaped).filter(|path| !path.is_empty()) {
            if !path.starts_with('/') {
                bail!("mounts.{}.options: found '{name}' with the path '{path}', want an absolute one", mount.index);
            }
            paths.push(path);
        }
    }
    Ok(paths)
}

/// A path in which a backslash took the meaning of the next character away.
fn unescaped(path: &str) -> String {
    let mut plain = String::new();
    let mut characters = path.chars();
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    plain
}

#[cfg(test)]
mod tests;
