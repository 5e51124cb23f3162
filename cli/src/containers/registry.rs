//! The directory of the records.
//!
//! A container has a directory of its name, with a record and a lock. Its monitor holds the lock, so the kernel says whether the
//! container runs: a record whose lock is free is one of a container that was killed, and whoever sees it removes it. Who looks or
//! makes a record, holds the lock of the whole directory meanwhile.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use anyhow::{Context, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use oci_bundle_builder::plan::diagnostics::nearest;
use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, Stat, flock};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::cgroups;
use super::filtering_runtimes;
use super::found::Found;
use super::name::Name;
use super::record::{Record, State};
use super::record_file;
use crate::runner::Trust;

/// How many containers that have ended are remembered.
const MOST_ENDED: usize = 20;

/// Where a user's containers are: below a directory that is emptied when the host starts.
///
/// `runtime_dir` is what `XDG_RUNTIME_DIR` says (basedir-spec, "Environment variables").
pub fn place(runtime_dir: Option<&Utf8Path>) -> Utf8PathBuf {
    let user = geteuid();
    if user.is_root() {
        return "/run/oci-bundle".into();
    }
    let usual = Utf8PathBuf::from(format!("/run/user/{}", user.as_raw()));
    match runtime_dir.filter(|directory| directory.is_absolute()) {
        Some(directory) => directory.join("oci-bundle"),
        None if usual.is_dir() => usual.join("oci-bundle"),
        None => format!("/tmp/oci-bundle-{}", user.as_raw()).into(),
    }
}

/// The directory.
#[derive(Debug)]
pub struct Registry {
    /// What it is in, which has more that is known to this user.
    place: OwnedFd,
    directory: OwnedFd,
    path: Utf8PathBuf,
}

/// A container of this process: the directory, and the lock that says that it runs.
#[derive(Debug)]
pub struct Taken {
    /// What it is called.
    pub name: Name,
    /// Its directory.
    pub directory: OwnedFd,
    registry: Registry,
    _lock: OwnedFd,
}

impl Registry {
    /// Opens it, or makes it.
    ///
    /// # Errors
    /// A directory that is not this user's alone, or that cannot be made.
    pub fn open(place: &Utf8Path) -> Result<Self> {
        let opening = || format!("opening '{place}', where the containers that run are noted");
        let parent = place.parent().context("'/' is no place for containers")?;
        let parent = Trust::new(&[])?.open(parent.as_std_path()).with_context(opening)?;
        let own = own_directory(&parent, place.file_name().unwrap_or_default()).with_context(opening)?;
        let directory = own_directory(&own, "containers").with_context(opening)?;
        Ok(Self { place: own, directory, path: place.join("containers") })
    }

    /// The runtimes that are known to filter system calls.
    pub fn filtering_runtimes(&self) -> Vec<String> {
        filtering_runtimes::read(&self.place)
    }

    /// Notes one of them.
    ///
    /// # Errors
    /// A full disk.
    pub fn note_filtering_runtime(&self, runtime: &str) -> Result<()> {
        filtering_runtimes::note(&self.place, runtime)
    }

    /// Takes a name for a container of this process.
    ///
    /// # Errors
    /// A container of this name runs.
    pub fn take(&self, name: &Name) -> Result<Taken> {
        let _held = self.hold()?;
        if let Some(old) = self.open_entry(name.as_str())? {
            if lock(&old)?.is_none() {
                bail!("a container '{name}' runs already; 'oci-bundle stop {name}' stops it, or choose another name");
            }
            remove_cgroups(&old);
            self.remove_entry(name, &old)?;
        }
        self.forget_ended()?;
        let making = || format!("making '{}/{name}'", self.path);
        rustix::fs::mkdirat(&self.directory, name.as_str(), Mode::from_raw_mode(0o700)).with_context(making)?;
        let directory = self.open_entry(name.as_str())?.with_context(making)?;
        let locked = lock(&directory)?.with_context(making)?;
        Ok(Taken { name: name.clone(), directory, registry: self.again()?, _lock: locked })
    }

    /// All containers, by their names. What is left of those that were killed is removed.
    ///
    /// # Errors
    /// A directory that cannot be read.
    pub fn list(&self) -> Result<Vec<Found>> {
        let _held = self.hold()?;
        self.found()
    }

    /// A container by its name.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self, name: &str) -> Result<Found> {
        let name = name.to_owned();
        let mut found = self.find_all(std::slice::from_ref(&name))?;
        found.pop().with_context(|| format!("no container is called '{name}'"))
    }

    /// Containers by their names, in their order; one that is named twice is there once.
    ///
    /// # Errors
    /// One is not there.
    pub fn find_all(&self, names: &[String]) -> Result<Vec<Found>> {
        let mut all: BTreeMap<_, _> = self.list()?.into_iter().map(|found| (found.name.to_string(), found)).collect();
        if let Some(missing) = names.iter().find(|name| !all.contains_key(*name)) {
            let known: Vec<_> = all.keys().map(String::as_str).collect();
            match nearest(missing, &known) {
                Some(near) => bail!("no container is called '{missing}'; did you mean '{near}'?"),
                None if known.is_empty() => bail!("no container is called '{missing}': none of yours runs"),
                None => bail!("no container is called '{missing}'; there are: {}", known.join(", ")),
            }
        }
        Ok(names.iter().filter_map(|name| all.remove(name)).collect())
    }

    /// Forgets a container that has ended.
    ///
    /// # Errors
    /// It runs.
    pub fn forget(&self, found: &Found) -> Result<()> {
        let _held = self.hold()?;
        let name = &found.name;
        ensure!(lock(&found.directory)?.is_some(), "'{name}' runs; 'oci-bundle stop {name}' stops it");
        self.remove_entry(name, &found.directory)
    }

    /// Forgets a container if it has ended.
    ///
    /// # Errors
    /// What cannot be removed.
    pub fn forget_if_ended(&self, found: &Found) -> Result<()> {
        let _held = self.hold()?;
        // Another one may have its name now.
        let Some(now) = self.open_entry(found.name.as_str())? else { return Ok(()) };
        let number = |directory: &OwnedFd| rustix::fs::fstat(directory).map(|stat| stat.st_ino);
        let is_same = number(&now).context("looking at a container")?
            == number(&found.directory).context("looking at a container")?;
        if !is_same || lock(&now)?.is_none() {
            return Ok(());
        }
        remove_cgroups(&now);
        self.remove_entry(&found.name, &now)
    }

    fn found(&self) -> Result<Vec<Found>> {
        let mut all = Vec::new();
        for name in self.names()? {
            let Some(directory) = self.open_entry(name.as_str())? else { continue };
            let record = record_file::read(&directory);
            // The lock is looked at when the process is open: who holds it then, is that one.
            let monitor = record.as_ref().ok().and_then(Record::open_monitor);
            let is_dead = lock(&directory)?.is_some();
            match record {
                Ok(record) if !is_dead || matches!(record.state, State::Exited(_)) => {
                    all.push(Found { name, directory, record, monitor: monitor.filter(|_| !is_dead) });
                }
                // Its monitor has not written it yet.
                Err(_) if !is_dead => {}
                _ => {
                    remove_cgroups(&directory);
                    self.remove_entry(&name, &directory)?;
                }
            }
        }
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    fn names(&self) -> Result<Vec<Name>> {
        let mut names = Vec::new();
        let reading = || format!("listing '{}'", self.path);
        for entry in Dir::read_from(&self.directory).with_context(reading)? {
            let entry = entry.with_context(reading)?;
            names.extend(entry.file_name().to_str().ok().and_then(|name| name.parse::<Name>().ok()));
        }
        Ok(names)
    }

    /// Removes the oldest of those that have ended, so that one more is no more than what is remembered.
    fn forget_ended(&self) -> Result<()> {
        let mut ended: Vec<_> =
            self.found()?.into_iter().filter(|found| matches!(found.record.state, State::Exited(_))).collect();
        ended.sort_by_key(|found| std::cmp::Reverse(found.record.started));
        ended.iter().skip(MOST_ENDED - 1).try_for_each(|found| self.remove_entry(&found.name, &found.directory))
    }

    /// Removes a record. Its lock is this process's.
    fn remove_entry(&self, name: &Name, directory: &OwnedFd) -> Result<()> {
        let removing = || format!("removing '{}/{name}'", self.path);
        for entry in Dir::read_from(directory).with_context(removing)? {
            let entry = entry.with_context(removing)?;
            let file = entry.file_name();
            if file != c"." && file != c".." {
                rustix::fs::unlinkat(directory, file, AtFlags::empty()).with_context(removing)?;
            }
        }
        rustix::fs::unlinkat(&self.directory, name.as_str(), AtFlags::REMOVEDIR).with_context(removing)
    }

    fn open_entry(&self, name: &str) -> Result<Option<OwnedFd>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.directory, name, flags, Mode::empty()) {
            Ok(directory) => Ok(Some(directory)),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
            Err(error) => Err(error).with_context(|| format!("opening '{}/{name}'", self.path)),
        }
    }

    /// Keeps others from changing what is here.
    fn hold(&self) -> Result<OwnedFd> {
        let locking = || format!("locking '{}'", self.path);
        let file = open_file(self.directory.as_fd(), ".lock").with_context(locking)?;
        while let Err(error) = flock(&file, FlockOperation::LockExclusive) {
            if error != Errno::INTR {
                return Err(error).with_context(locking);
            }
        }
        Ok(file)
    }

    fn again(&self) -> Result<Self> {
        let opening = || format!("opening '{}' again", self.path);
        let place = self.place.try_clone().with_context(opening)?;
        let directory = self.directory.try_clone().with_context(opening)?;
        Ok(Self { place, directory, path: self.path.clone() })
    }
}

impl Taken {
    /// Writes the record.
    ///
    /// # Errors
    /// A full disk.
    pub fn write(&self, record: &Record) -> Result<()> {
        record_file::write(&self.directory, record)
            .with_context(|| format!("writing the record in '{}/{}'", self.registry.path, self.name))
    }

    /// Removes all that is known of the container, which has ended.
    ///
    /// # Errors
    /// What cannot be removed.
    pub fn remove(self) -> Result<()> {
        let _held = self.registry.hold()?;
        self.registry.remove_entry(&self.name, &self.directory)
    }
}

/// Removes the cgroups of a container that was killed: one that has ended has none.
fn remove_cgroups(directory: &OwnedFd) {
    if let Ok(record) = record_file::read(directory)
        && !matches!(record.state, State::Exited(_))
    {
        cgroups::remove_of_killed(&record);
    }
}

/// Opens a directory of this user's alone, which is made if it is not there.
fn own_directory(parent: impl AsFd, name: &str) -> Result<OwnedFd> {
    match rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(0o700)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error).with_context(|| format!("making the directory '{name}' there")),
    }
    // What cannot be opened is to be said as well.
    check_own(name, &rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW)?)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = rustix::fs::openat(&parent, name, flags, Mode::empty())?;
    check_own(name, &rustix::fs::fstat(&directory)?)?;
    Ok(directory)
}

fn check_own(name: &str, stat: &Stat) -> Result<()> {
    let is_directory = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
    ensure!(is_directory, "'{name}' is no directory; remove it, or set XDG_RUNTIME_DIR");
    let (owner, user) = (stat.st_uid, geteuid().as_raw());
    ensure!(owner == user, "'{name}' belongs to user {owner}, want user {user}; remove it, or set XDG_RUNTIME_DIR");
    ensure!(
        stat.st_mode & 0o7777 == 0o700,
        "other users may use '{name}' (mode {:04o}); look through it, then run chmod 700",
        stat.st_mode & 0o7777
    );
    Ok(())
}

/// Locks the container of this directory. None if somebody else has.
fn lock(directory: &OwnedFd) -> Result<Option<OwnedFd>> {
    let file = open_file(directory.as_fd(), "lock").context("opening the lock of a container")?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error).context("locking a container"),
    }
}

fn open_file(directory: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::fs::openat(directory, name, flags, Mode::from_raw_mode(0o600))
}

#[cfg(test)]
mod tests;
