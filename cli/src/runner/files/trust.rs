//! Who could put something else in the place of what a path leads to.
//!
//! Whoever owns a directory, or may write to it, can rename what is in it, or make a link in its place, between a look at a path
//! and its use. So what a caller names is opened once and used by its descriptor, and where a path has to be named again, only
//! that part of it is relied on which nobody but trusted users can change.

use std::cell::Cell;
use std::collections::{BTreeSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path};

use anyhow::{Context, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::directory::open_directory;

/// The most links on the way to one place (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// The most names on the way to all places together: links of many names each may lead through many others.
const MOST_STEPS: usize = 1_000_000;

/// Users who can change what a run does in any case: the caller, who owns `/`, and who owns the programs that take part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    users: BTreeSet<u32>,
    /// How many names may still be looked for.
    steps: Cell<usize>,
}

impl Trust {
    /// The trusted users, with the owners of these programs.
    ///
    /// # Errors
    /// `/` cannot be looked at.
    pub fn new(programs: &[&Utf8Path]) -> Result<Self> {
        let root = rustix::fs::stat("/").context("looking at '/'")?;
        let mut users = BTreeSet::from([geteuid().as_raw(), root.st_uid]);
        let own = Utf8Path::new("/proc/self/exe");
        let owners = programs.iter().chain([&own]).filter_map(|program| rustix::fs::stat(program.as_std_path()).ok());
        users.extend(owners.map(|program| program.st_uid));
        Ok(Self { users, steps: Cell::new(MOST_STEPS) })
    }

    fn has(&self, stat: &Stat) -> bool {
        self.users.contains(&stat.st_uid)
    }

    /// Whether nobody else can rename or replace this entry of this directory (unlink(2), on sticky directories).
    fn fixes(&self, directory: &Stat, entry: &Stat) -> bool {
        let is_sticky = directory.st_mode & 0o1000 != 0;
        let is_closed = directory.st_mode & 0o022 == 0;
        self.has(directory) && (is_closed || is_sticky && self.has(entry))
    }

    /// The longest part of a path without links that leads where it does for as long as only trusted users act.
    ///
    /// # Errors
    /// What is on the path cannot be looked at.
    pub fn fixed_part(&self, path: &Utf8Path) -> Result<Utf8PathBuf> {
        let looking = || format!("looking for what others can change of '{path}'");
        let mut fixed = Utf8PathBuf::from("/");
        let mut directory = open_directory(CWD, "/").with_context(looking)?;
        for name in path.as_str().split('/').filter(|name| !name.is_empty()) {
            let entry = rustix::fs::statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW).with_context(looking)?;
            let is_fixed = self.fixes(&rustix::fs::fstat(&directory).with_context(looking)?, &entry);
            if !is_fixed {
                break;
            }
            directory = open_directory(&directory, name).with_context(looking)?;
            fixed.push(name);
        }
        Ok(fixed)
    }

    /// Whether nobody else can change what a path without links leads to, which may be a file.
    pub fn fixes_all_of(&self, path: &Utf8Path) -> bool {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return path == "/" };
        self.fixed_directory(parent).is_some_and(|directory| directory.kind_of_fixed(name).is_some())
    }

    /// The directory at a path without links, if nobody else can put another one in its place.
    pub fn fixed_directory(&self, path: &Utf8Path) -> Option<FixedDirectory<'_>> {
        let fixed = self.fixed_part(path).ok().filter(|fixed| fixed == path)?;
        let directory = open_directory(CWD, fixed.as_std_path()).ok()?;
        let stat = rustix::fs::fstat(&directory).ok()?;
        Some(FixedDirectory { trust: self, directory, stat })
    }

    /// Opens the directory at a path, which starts at the working directory. A link on the way is followed if nobody but
    /// trusted users can have made it.
    ///
    /// # Errors
    /// What is not there, or a link of somebody else.
    pub fn open(&self, path: &Path) -> Result<OwnedFd> {
        let at = open_directory(CWD, ".").context("looking at the working directory")?;
        self.walk(at, path, Wanted::Directory)
    }

    /// Opens the directory or file at a path, which starts at `from`. Links are followed as by [`Trust::open`], but for the last
    /// one where it is to be `Kept`.
    ///
    /// # Errors
    /// What is not there, or a link of somebody else.
    pub fn open_source(&self, from: BorrowedFd<'_>, path: &Path, links: Links) -> Result<OwnedFd> {
        let at = open_directory(from, ".").context("looking at the directory that it starts from")?;
        self.walk(at, path, Wanted::Anything(links))
    }

    fn walk(&self, mut at: OwnedFd, path: &Path, wanted: Wanted) -> Result<OwnedFd> {
        let looking = |at: &Path| format!("looking for '{}'", at.display());
        let mut steps = VecDeque::new();
        push_front(&mut steps, path);
        let mut followed = 0;
        while let Some(step) = steps.pop_front() {
            let left = self.steps.get();
            ensure!(left > 0, "the paths to files of this host have more than {MOST_STEPS} names; want shorter ones");
            self.steps.set(left - 1);
            let error = match open_directory(&at, step.as_os_str()) {
                Ok(next) => {
                    at = next;
                    continue;
                }
                Err(error) => error,
            };
            let place = Path::new(&step);
            let Ok(entry) = rustix::fs::statat(&at, step.as_os_str(), AtFlags::SYMLINK_NOFOLLOW) else {
                return Err(error).with_context(|| looking(place));
            };
            let is_link = FileType::from_raw_mode(entry.st_mode) == FileType::Symlink;
            if steps.is_empty() && wanted.includes(is_link) {
                let file = open_as_it_is(at.as_fd(), &step).with_context(|| looking(place))?;
                // It may have been replaced since, by a link.
                let now = rustix::fs::fstat(&file).with_context(|| looking(place))?;
                if is_link != (FileType::from_raw_mode(now.st_mode) == FileType::Symlink) {
                    bail!("'{}' was replaced meanwhile", place.display());
                }
                return Ok(file);
            }
            if !is_link {
                return Err(error).with_context(|| looking(place));
            }
            let directory = rustix::fs::fstat(&at).with_context(|| looking(place))?;
            let target = rustix::fs::readlinkat(&at, step.as_os_str(), Vec::new()).with_context(|| looking(place))?;
            followed += 1;
            if followed > MOST_LINKS {
                return Err(Errno::LOOP).with_context(|| looking(path));
            }
            if !(self.has(&entry) && self.fixes(&directory, &entry)) {
                bail!(
                    "'{}' on the way to it is a link that another user can change; give a path without it",
                    place.display()
                );
            }
            push_front(&mut steps, Path::new(&OsString::from_vec(target.into_bytes())));
        }
        Ok(at)
    }
}

/// A directory that is where it is for as long as only trusted users act.
#[derive(Debug)]
pub struct FixedDirectory<'t> {
    trust: &'t Trust,
    directory: OwnedFd,
    stat: Stat,
}

impl FixedDirectory<'_> {
    /// What an entry is, if it is there and nobody else can replace it.
    pub fn kind_of_fixed(&self, name: &str) -> Option<FileType> {
        let entry = rustix::fs::statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        self.trust.fixes(&self.stat, &entry).then(|| FileType::from_raw_mode(entry.st_mode))
    }
}

/// Which links are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// Each on the way, and the last name too.
    All,
    /// Those on the way; the last name is opened as it is.
    LastKept,
}

/// What a path has to lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Directory,
    Anything(Links),
}

impl Wanted {
    /// Whether it may be something else than a directory: a link, or a file.
    fn includes(self, is_link: bool) -> bool {
        match self {
            Self::Directory => false,
            Self::Anything(links) => !is_link || links == Links::LastKept,
        }
    }
}

/// Opens anything for its place alone, a link as itself.
fn open_as_it_is(at: BorrowedFd<'_>, name: &OsStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(at, name, flags, Mode::empty())
}

fn push_front(steps: &mut VecDeque<OsString>, path: &Path) {
    for component in path.components().rev() {
        match component {
            Component::Normal(name) => steps.push_front(name.to_owned()),
            Component::ParentDir => steps.push_front("..".into()),
            Component::RootDir => steps.push_front("/".into()),
            Component::CurDir | Component::Prefix(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
