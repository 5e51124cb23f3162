//! What a new volume has at first: what the bundle has at its place, as with other engines.
//!
//! Anybody may have made the bundle. So each of its files is opened below that place, through no link, and only directories,
//! regular files and links are copied.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use camino::Utf8Path;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::runner::files::{real_path, retry_on_race};
use crate::runner::owned_files::{OwnedFile, Owner};

/// The bits with which a program has the rights of its owner: no volume shows these (mount(2), `MS_NOSUID`).
const SET_IDS: u32 = 0o6000;

/// A directory of a bundle's root file system.
#[derive(Debug)]
pub struct Content {
    directory: OwnedFd,
    /// Where it is, from the root.
    place: PathBuf,
}

impl Content {
    /// What is at a path of the container; links lead where they do in there. `None` if that is no directory.
    pub fn find(root: BorrowedFd<'_>, path: &str) -> Option<Self> {
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = retry_on_race(|| rustix::fs::openat2(root, path, flags, Mode::empty(), resolve));
        let directory = opened.ok()?;
        let place = real_path(&directory).ok()?;
        let place = place.strip_prefix(real_path(root).ok()?).ok()?.to_owned();
        Some(Self { directory, place: place.into() })
    }

    /// Whose it is, and its mode, if the bundle says so.
    pub fn owned<'o>(&self, owned: &'o [OwnedFile]) -> Option<&'o OwnedFile> {
        owned.iter().find(|file| file.place == self.place)
    }

    /// Copies what is in it to a directory. What `owned` does not name belongs to `root`.
    ///
    /// # Errors
    /// What cannot be read or written.
    pub fn copy_to(&self, target: BorrowedFd<'_>, owned: &[OwnedFile], root: Owner) -> Result<()> {
        let owned = owned.iter().map(|file| (file.place.as_path(), file)).collect();
        let copy = Copying { source: self, target, owned, root };
        let mut directories = vec![PathBuf::new()];
        while let Some(directory) = directories.pop() {
            let copying = || format!("copying '/{}' of the bundle", self.place.join(&directory).display());
            copy.entries_of(&directory, &mut directories).with_context(copying)?;
        }
        Ok(())
    }
}

struct Copying<'c> {
    source: &'c Content,
    target: BorrowedFd<'c>,
    owned: BTreeMap<&'c Path, &'c OwnedFile>,
    root: Owner,
}

impl Copying<'_> {
    fn entries_of(&self, path: &Path, directories: &mut Vec<PathBuf>) -> Result<()> {
        let list = OFlags::RDONLY | OFlags::DIRECTORY;
        let source = below(self.source.directory.as_fd(), path, list)?;
        let target = below(self.target, path, list)?;
        for entry in Dir::read_from(&source)? {
            let entry = entry?;
            let name = Path::new(OsStr::from_bytes(entry.file_name().to_bytes()));
            if [Path::new("."), Path::new("..")].contains(&name) {
                continue;
            }
            let place = path.join(name);
            if self.copy(source.as_fd(), target.as_fd(), &place).with_context(|| format!("'{}'", name.display()))? {
                directories.push(place);
            }
        }
        Ok(())
    }

    /// Copies the entry of `from` that is at `path`. Tells whether it is a directory, which is empty then.
    fn copy(&self, from: BorrowedFd<'_>, into: BorrowedFd<'_>, path: &Path) -> Result<bool> {
        let name = path.file_name().context("it has no name")?;
        let stat = rustix::fs::statat(from, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        let said = self.owned.get(self.source.place.join(path).as_path());
        let owner = said.map_or(self.root, |file| file.owner());
        let copy = match kind {
            FileType::Directory => {
                rustix::fs::mkdirat(into, name, Mode::RWXU)?;
                below(into, Path::new(name), OFlags::RDONLY | OFlags::DIRECTORY)?
            }
            FileType::RegularFile => {
                let original = File::from(below(from, Path::new(name), OFlags::RDONLY | OFlags::NONBLOCK)?);
                copy_file(original, into, Path::new(name))?
            }
            FileType::Symlink => {
                let leads_to = rustix::fs::readlinkat(from, name, Vec::new())?;
                rustix::fs::symlinkat(leads_to, into, name)?;
                rustix::fs::chownat(into, name, owner.user(), owner.group(), AtFlags::SYMLINK_NOFOLLOW)?;
                return Ok(false);
            }
            _ => return Ok(false),
        };
        // In a store nobody has the right to write.
        let mode = said.map_or(stat.st_mode | 0o200, |file| file.mode) & 0o7777;
        let is_directory = kind == FileType::Directory;
        owner.give(&copy, if is_directory { mode } else { mode & !SET_IDS })?;
        Ok(is_directory)
    }
}

/// Opens something at or below a directory, through no link.
fn below(directory: BorrowedFd<'_>, path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    retry_on_race(|| rustix::fs::openat2(directory, path, flags, Mode::empty(), resolve))
}

fn copy_file(original: File, target: BorrowedFd<'_>, name: &Path) -> Result<OwnedFd> {
    let metadata = original.metadata()?;
    ensure!(metadata.is_file(), "it is no file any more");
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut copy = File::from(rustix::fs::openat(target, name, flags, Mode::RUSR | Mode::WUSR)?);
    // It may grow meanwhile.
    std::io::copy(&mut original.take(metadata.len()), &mut copy)?;
    copy.set_modified(metadata.modified()?)?;
    Ok(copy.into())
}

/// A path of the container that is looked for in a root file system.
pub fn relative(path: &Utf8Path) -> &str {
    path.as_str().trim_start_matches('/')
}
