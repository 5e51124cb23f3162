//! The supplementary groups of whoever runs a container, which are no business of the container's.

use anyhow::{Context, Result};
use rustix::process::{getegid, getgroups};
use rustix::thread::set_thread_groups;

/// The groups that this process has beside its own, sorted.
pub fn supplementary() -> Vec<u32> {
    let own = getegid();
    let mut groups: Vec<u32> = getgroups()
        .unwrap_or_default()
        .into_iter()
        .filter(|group| *group != own)
        .map(rustix::process::Gid::as_raw)
        .collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

/// Leaves them. It takes root, or a user namespace whose groups newgidmap(1) has mapped.
///
/// # Errors
/// What the kernel does not allow.
pub fn drop_supplementary() -> Result<()> {
    if supplementary().is_empty() {
        return Ok(());
    }
    // Of the one thread that there is.
    set_thread_groups(&[]).context("leaving the supplementary groups (setgroups(2))")
}

/// Says that they stay, if there are any: in a user namespace with one group, the kernel lets nobody leave any
/// (`user_namespaces`(7)).
pub fn kept(groups: &[u32]) -> Option<String> {
    let names: Vec<_> = groups.iter().map(ToString::to_string).collect();
    let them = if groups.len() == 1 { "group" } else { "groups" };
    (!groups.is_empty()).then(|| {
        format!(
            "the container keeps your supplementary {them} {}: leaving {} needs root or a grant in /etc/subgid",
            names.join(", "),
            if groups.len() == 1 { "it" } else { "them" }
        )
    })
}

#[cfg(test)]
mod tests;
