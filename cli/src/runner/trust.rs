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
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;
use rustix::process::geteuid;

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
        let mut directory = open_directory(CWD, "/".as_ref()).with_context(looking)?;
        for name in path.as_str().split('/').filter(|name| !name.is_empty()) {
            let entry = rustix::fs::statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW).with_context(looking)?;
            let is_fixed = self.fixes(&rustix::fs::fstat(&directory).with_context(looking)?, &entry);
            if !is_fixed {
                break;
            }
            directory = open_directory(directory.as_fd(), name.as_ref()).with_context(looking)?;
            fixed.push(name);
        }
        Ok(fixed)
    }

    /// Whether nobody else can change what a path without links leads to, which may be a file.
    pub fn fixes_all_of(&self, path: &Utf8Path) -> bool {
        let Some(parent) = path.parent() else { return path == "/" };
        let Ok(entry) = rustix::fs::lstat(path.as_std_path()) else { return false };
        let is_fixed = || self.fixed_part(parent).is_ok_and(|fixed| fixed == parent);
        rustix::fs::stat(parent.as_std_path()).is_ok_and(|parent| self.fixes(&parent, &entry)) && is_fixed()
    }

    /// Opens the directory at a path, which starts at the working directory. A link on the way is followed if nobody but
    /// trusted users can have made it.
    ///
    /// # Errors
    /// What is not there, or a link of somebody else.
    pub fn open(&self, path: &Path) -> Result<OwnedFd> {
        let at = open_directory(CWD, ".".as_ref()).context("looking at the working directory")?;
        self.walk(at, path, Links::All, Wanted::Directory)
    }

    /// Opens the directory or file at a path, which starts at `from`. Links are followed as by [`Trust::open`], but for the last
    /// one where it is to be `Kept`.
    ///
    /// # Errors
    /// What is not there, or a link of somebody else.
    pub fn open_source(&self, from: BorrowedFd<'_>, path: &Path, links: Links) -> Result<OwnedFd> {
        let at = open_directory(from, ".".as_ref()).context("looking at the directory that it starts from")?;
        self.walk(at, path, links, Wanted::Anything)
    }

    fn walk(&self, mut at: OwnedFd, path: &Path, links: Links, wanted: Wanted) -> Result<OwnedFd> {
        let looking = |at: &Path| format!("looking for '{}'", at.display());
        let mut steps = VecDeque::new();
        push_front(&mut steps, path);
        let mut followed = 0;
        while let Some(step) = steps.pop_front() {
            let left = self.steps.get();
            ensure!(left > 0, "the ways to files of this machine have more than {MOST_STEPS} names; want shorter ones");
            self.steps.set(left - 1);
            let error = match open_directory(at.as_fd(), &step) {
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
            if steps.is_empty() && wanted == Wanted::Anything && (!is_link || links == Links::LastKept) {
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
                    "'{}' on the way to it is a link that another user can change; name the place itself",
                    place.display()
                );
            }
            push_front(&mut steps, Path::new(&OsString::from_vec(target.into_bytes())));
        }
        Ok(at)
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
    Anything,
}

/// Opens anything for its place alone, a link as itself.
fn open_as_it_is(at: BorrowedFd<'_>, name: &OsStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(at, name, flags, Mode::empty())
}

/// Opens a directory for its place alone, without following a link.
fn open_directory(at: BorrowedFd<'_>, name: &OsStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
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

/// Which file or directory something is, by whatever path it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// That of what is open.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn new(file: impl AsFd) -> Result<Self, Errno> {
        let stat = rustix::fs::fstat(file)?;
        Ok(Self { device: stat.st_dev, inode: stat.st_ino })
    }

    /// Opens it again, in the mount namespace that this process has got since.
    ///
    /// # Errors
    /// Something else is there now.
    pub fn open_again(self, path: &Utf8Path) -> Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let resolve = ResolveFlags::NO_SYMLINKS;
        let again = retried(|| rustix::fs::openat2(CWD, path.as_std_path(), flags, Mode::empty(), resolve));
        let again = again.with_context(|| format!("opening '{path}' again"))?;
        if Self::new(&again).with_context(|| format!("looking at '{path}'"))? != self {
            bail!("'{path}' was replaced meanwhile");
        }
        Ok(again)
    }
}

/// The real path of what is open.
///
/// # Errors
/// It has none, or one that is not UTF-8.
pub fn real_path(file: impl AsFd) -> Result<Utf8PathBuf> {
    use std::os::fd::AsRawFd;
    let link = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
    let path = std::fs::read_link(&link).with_context(|| format!("reading the link '{link}'"))?;
    Utf8PathBuf::from_path_buf(path).ok().context("its path is not UTF-8; want one that is")
}

/// Asks the kernel again where it could not tell (openat2(2), EAGAIN).
///
/// # Errors
/// As the call has them.
pub fn retried<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    /// More than any race that is no attack takes.
    const TIMES: usize = 1000;
    for _ in 0..TIMES {
        match call() {
            Err(Errno::AGAIN) => {}
            done => return done,
        }
    }
    call()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
        (folder, path)
    }

    fn set_mode(path: &Utf8Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_path_is_fixed_up_to_what_others_may_write_to() {
        let (_folder, path) = folder();
        let deep = path.join("a/b");
        fs::create_dir_all(&deep).unwrap();
        let trust = Trust::new(&[]).unwrap();
        assert_eq!(trust.fixed_part(&deep).unwrap(), deep);
        set_mode(&path.join("a"), 0o777);
        assert_eq!(trust.fixed_part(&deep).unwrap(), path.join("a"));
        // In a sticky directory, what is our own stays.
        set_mode(&path.join("a"), 0o1777);
        assert_eq!(trust.fixed_part(&deep).unwrap(), deep);
        set_mode(&path, 0o775);
        assert_eq!(trust.fixed_part(&deep).unwrap(), path);
        assert!(trust.fixes_all_of("/".into()) && trust.fixes_all_of("/etc".into()) && !trust.fixes_all_of(&deep));
    }

    #[test]
    fn a_link_that_others_can_change_is_not_followed() {
        let (_folder, path) = folder();
        fs::create_dir_all(path.join("open/there")).unwrap();
        fs::create_dir(path.join("real")).unwrap();
        symlink("../real", path.join("open/link")).unwrap();
        symlink("real", path.join("link")).unwrap();
        let trust = Trust::new(&[]).unwrap();
        let opened = |name: &str| trust.open(path.join(name).as_std_path()).map(|found| real_path(found).unwrap());
        assert_eq!(opened("link").unwrap(), path.join("real"));
        assert_eq!(opened("open/link").unwrap(), path.join("real"));
        assert_eq!(opened("open/../open/there/.").unwrap(), path.join("open/there"));
        set_mode(&path.join("open"), 0o777);
        assert_eq!(opened("open/there").unwrap(), path.join("open/there"));
        let error = opened("open/link").unwrap_err().to_string();
        assert_eq!(error, "'link' on the way to it is a link that another user can change; name the place itself");
        assert!(opened("nothing").is_err());
        symlink("loop", path.join("loop")).unwrap();
        assert!(opened("loop").is_err());
    }

    #[test]
    fn a_source_may_be_a_file() {
        let (_folder, path) = folder();
        fs::create_dir(path.join("open")).unwrap();
        fs::write(path.join("file"), "").unwrap();
        symlink("file", path.join("link")).unwrap();
        symlink("../file", path.join("open/link")).unwrap();
        let trust = Trust::new(&[]).unwrap();
        let opened = |name: &str, links: Links| {
            let found = trust.open_source(CWD, path.join(name).as_std_path(), links)?;
            real_path(found)
        };
        for name in ["file", "link", "open/link"] {
            assert_eq!(opened(name, Links::All).unwrap(), path.join("file"), "{name}");
        }
        assert_eq!(opened("open", Links::All).unwrap(), path.join("open"));
        assert_eq!(opened("open/link", Links::LastKept).unwrap(), path.join("open/link"));
        set_mode(&path.join("open"), 0o777);
        let error = opened("open/link", Links::All).unwrap_err().to_string();
        assert_eq!(error, "'link' on the way to it is a link that another user can change; name the place itself");
        for name in ["file/x", "link/x", "none"] {
            assert!(opened(name, Links::All).is_err(), "{name}");
        }
        assert!(trust.open(path.join("file").as_std_path()).is_err());
    }

    #[test]
    fn no_way_takes_for_ever() {
        let (_folder, path) = folder();
        for number in 0..39 {
            let way = format!("{}{path}/l{}", "/..".repeat(1000), number + 1);
            symlink(way, path.join(format!("l{number}"))).unwrap();
        }
        fs::create_dir(path.join("l39")).unwrap();
        let trust = Trust::new(&[]).unwrap();
        let mut results = (0..40).map(|_| trust.open_source(CWD, path.join("l0").as_std_path(), Links::All));
        let error = results.find_map(Result::err).unwrap().to_string();
        assert_eq!(error, "the ways to files of this machine have more than 1000000 names; want shorter ones");
    }

    #[test]
    fn what_was_replaced_is_noticed() {
        let (_folder, path) = folder();
        let place = path.join("it");
        fs::create_dir(&place).unwrap();
        let opened = Trust::new(&[]).unwrap().open(place.as_std_path()).unwrap();
        let identity = Identity::new(&opened).unwrap();
        assert!(identity.open_again(&place).is_ok());
        fs::rename(&place, path.join("other")).unwrap();
        fs::create_dir(&place).unwrap();
        assert!(identity.open_again(&place).unwrap_err().to_string().contains("was replaced meanwhile"));
        fs::remove_dir(&place).unwrap();
        symlink("other", &place).unwrap();
        assert!(identity.open_again(&place).is_err());
    }
}
