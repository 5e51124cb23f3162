//! The directory of `--state`, in which a writable container keeps what it writes.
//!
//! What a container of root leaves there may be set-user-id or secret, and what somebody else put there would become part of the
//! container. So the directory belongs to the caller, and nobody else may enter it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use anyhow::{Context, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{Dir, FileType, FlockOperation, Mode, OFlags, Stat, flock};
use rustix::io::Errno;

use super::files::{Identity, Trust, ensure_own, find_entry, open_to_list, real_path};
use super::privilege::Privilege;

/// More than what this program writes into `lock`.
const LONGEST_LOCK: u64 = 64;

/// The directory, which is this process's for as long as its lock is open.
#[derive(Debug)]
pub struct StateDir {
    /// Its real path.
    pub path: Utf8PathBuf,
    /// Which directory it is.
    pub identity: Identity,
    /// The file that is locked. The runtime that this process becomes keeps it open.
    pub lock: OwnedFd,
}

impl StateDir {
    /// Opens the directory, or makes it, and takes it.
    ///
    /// `kept` is the directory in which nothing may be changed.
    ///
    /// # Errors
    /// A directory that is in there, or is not the caller's alone, or is something else, or that another container uses.
    pub fn take(given: &Utf8Path, kept: &Utf8Path, privilege: Privilege) -> Result<Self> {
        Self::take_directory(given, kept, privilege).with_context(|| format!("--state '{given}'"))
    }

    fn take_directory(given: &Utf8Path, kept: &Utf8Path, privilege: Privilege) -> Result<Self> {
        let Some(name) = given.file_name() else { bail!("names no directory; want one, such as ./state") };
        let parent = given.parent().filter(|parent| *parent != "").unwrap_or(Utf8Path::new("."));
        let parent = Trust::new(&[])?.open(parent.as_std_path())?;
        let path = real_path(&parent)?.join(name);
        ensure!(!path.starts_with(kept), "is in '{kept}', which must not change; choose a directory outside");

        let is_new = match rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(0o700)) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(error).with_context(|| format!("making the directory '{path}'")),
        };
        let directory = open_to_list(&parent, name)?;
        let stat = rustix::fs::fstat(&directory).context("looking at it")?;
        ensure_own(&stat, given.as_str())?;
        let is_empty = is_empty(&directory)?;
        ensure!(
            is_empty || find_entry(&directory, "lock")?.is_some(),
            "is neither empty nor the state of a container; choose another directory"
        );
        for layer in ["upper", "work"] {
            let is_directory = |entry: Stat| FileType::from_raw_mode(entry.st_mode) == FileType::Directory;
            let is_right = find_entry(&directory, layer)?.is_none_or(is_directory);
            ensure!(is_right, "'{layer}' in it is not a directory; remove it, or choose another directory");
        }
        let lock = lock(&directory, privilege, is_empty)?;
        // An older version made it for everybody to read. What is something else is known by now.
        if is_new || stat.st_mode & 0o7777 != 0o700 {
            rustix::fs::fchmod(&directory, Mode::from_raw_mode(0o700)).context("closing it to others")?;
        }
        Ok(Self { path, identity: Identity::new(&directory).context("looking at it")?, lock })
    }
}

/// Whether there is nothing in it, but for a lock that was made before a run ended.
fn is_empty(directory: &OwnedFd) -> Result<bool> {
    for entry in Dir::read_from(directory).context("listing it")? {
        let entry = entry.context("listing it")?;
        if ![c".", c"..", c"lock"].contains(&entry.file_name()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Locks the file `lock`, which says what kind of user has written there; nobody has yet if it `is_new`.
fn lock(directory: &OwnedFd, privilege: Privilege, is_new: bool) -> Result<OwnedFd> {
    // A pipe would wait for somebody else.
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let opened = rustix::fs::openat(directory, "lock", flags, Mode::from_raw_mode(0o600));
    let lock = opened.context("opening 'lock' in it")?;
    let stat = rustix::fs::fstat(&lock).context("looking at 'lock' in it")?;
    let is_small = u64::try_from(stat.st_size).is_ok_and(|size| size <= LONGEST_LOCK);
    let is_right = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_nlink == 1 && is_small;
    ensure!(is_right, "'lock' in it is not the small file that this program makes; choose another directory");
    let mut lock = File::from(lock);
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => {
            bail!("another container is using it; wait until that ends, or choose another directory")
        }
        locked => locked.context("locking it")?,
    }
    // What an overlay notes of removed directories has another name for each, so one does not see what the other removed.
    let kind = if privilege.is_root() { "root" } else { "an ordinary user" };
    let mut before = String::new();
    (&lock).take(LONGEST_LOCK).read_to_string(&mut before).context("reading 'lock' in it")?;
    if before.is_empty() && is_new {
        lock.write_all(kind.as_bytes()).context("writing 'lock' in it")?;
    } else {
        let kinds = ["root", "an ordinary user"];
        ensure!(
            kinds.contains(&before.as_str()),
            "'lock' in it is not the small file that this program makes; choose another directory"
        );
        ensure!(before == kind, "it belongs to a container run by {before}, and this one is run by {kind}");
    }
    Ok(lock.into())
}

#[cfg(test)]
mod tests;
