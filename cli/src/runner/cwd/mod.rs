//! The working directory of a container's process, which is never in a /proc: `/proc/self/fd/N` leads to whatever the
//! runtime has open, and out of the container.

mod container_tree;

use std::os::fd::AsFd;
use std::path::Path;

use anyhow::{Result, bail};

use self::container_tree::{ContainerTree, Content, End};
use crate::runner::runtime_config::{Mount, RuntimeConfig};

/// Checks that it is somewhere else, as far as the bundle's root file system tells: what is mounted is not there yet.
///
/// # Errors
/// It is in one.
pub fn check_planned(config: &RuntimeConfig, root: impl AsFd) -> Result<()> {
    check(config, root, |mount| {
        let is_proc = mount.kind() == "proc" || Path::new(mount.source).starts_with("/proc");
        if is_proc { Content::Proc } else { Content::Unknown }
    })
}

/// Checks that it is somewhere else, in the root file system that the container gets, with what is mounted there.
///
/// # Errors
/// It is in one.
pub fn check_final(config: &RuntimeConfig, root: impl AsFd) -> Result<()> {
    check(config, root, |mount| match mount.kind() {
        _ if mount.is_bind() => Content::Of(mount.source.into()),
        "proc" => Content::Proc,
        _ => Content::Unknown,
    })
}

fn check(config: &RuntimeConfig, root: impl AsFd, content: impl Fn(&Mount<'_>) -> Content) -> Result<()> {
    let asked = config.cwd();
    if asked == "/" {
        return Ok(());
    }
    // A copy of what is there already (runc, "tmpcopyup").
    let is_copy = |mount: &Mount<'_>| mount.kind() == "tmpfs" && !mount.is_bind() && mount.has(&["tmpcopyup"]);
    let mounts = config.mounts().into_iter().filter(|mount| !is_copy(mount));
    let mounts = mounts.map(|mount| (content(&mount), mount)).map(|(content, mount)| (mount, content));
    let tree = ContainerTree::new(root.as_fd(), mounts)?;
    if let End::InProc(place) = tree.follow(Path::new(asked))? {
        let way =
            if place == Path::new(asked) { String::new() } else { format!(", which leads to '{}'", place.display()) };
        bail!("process.cwd: found '{asked}'{way}, want a directory that is not below /proc");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
