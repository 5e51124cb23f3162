//! The directory of `--state`, in which a writable container keeps what it writes.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use anyhow::{Context, Result, bail, ensure};
use camino::Utf8Path;
use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use rustix::io::Errno;

use crate::nix::store::StorePath;

/// Takes the directory for this process, and for the runtime that it becomes: the file that is locked stays open in it.
///
/// # Errors
/// A directory that another container uses, that another kind of user has written to, or where nothing may be written.
pub fn take(state: &Utf8Path, bundle: &Utf8Path, is_root: bool) -> Result<OwnedFd> {
    take_directory(state, bundle, is_root).with_context(|| format!("--state '{state}'"))
}

fn take_directory(state: &Utf8Path, bundle: &Utf8Path, is_root: bool) -> Result<OwnedFd> {
    // A bundle of the store has the store around it.
    let is_stored = bundle.file_name().is_some_and(|name| name.parse::<StorePath>().is_ok());
    let kept = bundle.parent().filter(|_| is_stored).unwrap_or(bundle);
    let state = camino::absolute_utf8(state).context("looking for it")?;
    let there = if state.exists() { Some(state.as_path()) } else { state.parent() };
    let is_kept = there.and_then(|there| there.canonicalize_utf8().ok()).is_some_and(|there| there.starts_with(kept));
    ensure!(!is_kept, "is in '{kept}', which stays as it is; choose a directory outside");
    super::stage::make(&state)?;
    let place = state.canonicalize_utf8().context("looking for it")?;
    ensure!(place.is_dir(), "found a file, want a directory");

    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW;
    let lock = rustix::fs::open(place.join("lock").as_std_path(), flags, Mode::from_raw_mode(0o644));
    let mut lock = File::from(lock.context("opening 'lock' in it")?);
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => bail!("another container is using it; wait for its end, or choose another directory"),
        locked => locked.context("locking it")?,
    }
    // What an overlay notes of removed directories has another name for each, so one does not see what the other removed.
    let kind = if is_root { "root" } else { "an ordinary user" };
    let mut before = String::new();
    lock.read_to_string(&mut before).context("reading 'lock' in it")?;
    if before.is_empty() {
        lock.write_all(kind.as_bytes()).context("writing 'lock' in it")?;
    } else {
        ensure!(before == kind, "it has what a container of {before} has written, and this is one of {kind}");
    }
    Ok(lock.into())
}
