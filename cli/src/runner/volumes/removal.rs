//! Removes volumes.

use std::os::fd::{AsFd, OwnedFd};

use anyhow::{Context, Error, Result, anyhow};
use oci_bundle_builder::plan::definition::named_volume::VolumeName;
use rustix::fs::{FlockOperation, RenameFlags, flock};
use rustix::process::{getegid, geteuid};
use rustix::thread::UnshareFlags;

use super::remove_tree::remove_tree;
use super::taken_volumes::remove_left;
use super::volumes_dir::VolumesDir;
use crate::runner::files::SearchPath;
use crate::runner::privilege;
use crate::runner::rootless::{Caller, UserNamespace, map_caller_to_root};

/// What the names of those begin with that are not removed as a whole yet.
const REMOVED: &str = ".removed-";

/// Removes volumes, and what is left of those that were being made or removed when that was killed. Tells what could not be removed.
///
/// # Errors
/// The directory cannot be looked at.
pub fn remove(directory: &VolumesDir, names: &[VolumeName], search_path: &SearchPath) -> Result<Vec<Error>> {
    let mut problems = Vec::new();
    let mut removed = Vec::new();
    let guard = directory.lock(FlockOperation::LockExclusive)?;
    for name in names {
        match set_aside(directory, name) {
            Ok(one) => removed.push(one),
            Err(error) => problems.push(error),
        }
    }
    let left = left_of_others(directory, &removed)?;
    become_owner(search_path);
    remove_left(directory);
    drop(guard);
    for (temporary, name, _lock) in &removed {
        if let Err(error) = remove_tree(directory.as_fd(), temporary) {
            problems.push(anyhow!(error).context(format!(
                "the volume '{name}' is gone, but not all of its files, which are in '{}'",
                directory.path.join(temporary)
            )));
        }
    }
    for (temporary, _lock) in &left {
        // Who removed it has been told.
        let _ = remove_tree(directory.as_fd(), temporary);
    }
    Ok(problems)
}

/// Gives a volume that nobody uses a name that is none of a volume. It comes with its former name, and with its lock.
fn set_aside(directory: &VolumesDir, name: &VolumeName) -> Result<(String, VolumeName, OwnedFd)> {
    let found = directory.find(name.as_str())?.ok_or_else(|| Error::msg(directory.missing(name)))?;
    if flock(&found.lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Err(anyhow!("a container is using the volume '{name}'; stop it first"));
    }
    let temporary = directory.unused_name(REMOVED)?;
    rustix::fs::renameat_with(directory, name.as_str(), directory, &temporary, RenameFlags::NOREPLACE)
        .with_context(|| format!("removing the volume '{name}'"))?;
    Ok((temporary, name.clone(), found.lock))
}

/// What is left of volumes that nobody is removing now.
fn left_of_others(
    directory: &VolumesDir,
    own: &[(String, VolumeName, OwnedFd)],
) -> Result<Vec<(String, Option<OwnedFd>)>> {
    let mut left = Vec::new();
    for name in directory.entries()? {
        if !name.starts_with(REMOVED) || own.iter().any(|(temporary, ..)| *temporary == name) {
            continue;
        }
        // The lock may be gone already.
        let lock = directory.find(&name).ok().flatten().map(|found| found.lock);
        let is_free = |lock: &OwnedFd| flock(lock, FlockOperation::NonBlockingLockExclusive).is_ok();
        if lock.as_ref().is_none_or(is_free) {
            left.push((name, lock));
        }
    }
    Ok(left)
}

/// Makes this process root of the ids that a container of this user can have, as the files of a volume may belong to them. Where that
/// is not allowed, it goes on as it is, which is enough for files of the user's own.
fn become_owner(search_path: &SearchPath) {
    if privilege::detect().is_root() {
        return;
    }
    let (uid, gid) = (geteuid(), getegid());
    let subordinate = Caller::detect().subordinate.ok();
    let namespace = subordinate.and_then(|ids| UserNamespace::new(&ids, search_path).ok());
    if namespace.is_some_and(|namespace| namespace.enter().is_ok()) {
        return;
    }
    // What is unsafe about it, are tables of open files, and these stay shared.
    #[allow(deprecated)]
    if rustix::thread::unshare(UnshareFlags::NEWUSER).is_ok() {
        let _ = map_caller_to_root(uid, gid);
    }
}
