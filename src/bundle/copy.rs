//! Copies trees of the store.
//!
//! Nix sets owners, modes and times when the build ends, so they are of no concern here, but for two things: exec bits,
//! and that a copied directory stays writable until then, because mount points may have to go into it.

mod contents;
mod first_names;

use std::ffi::{CStr, CString, OsStr};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use rayon::Scope;
use rustix::fs::{self, AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};

use self::first_names::FirstNames;
use super::progress::Progress;

/// A file, link or directory of the store, and where it goes. Nothing is there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// What is copied.
    pub from: PathBuf,
    /// The copy.
    pub to: PathBuf,
}

/// How many files of a directory are one piece of work.
const FILES_AT_ONCE: usize = 128;

/// Makes the copies, with all threads of the rayon pool that this is called in: they share the files, and the parts of a
/// large one.
///
/// Kept are contents with their holes, the kinds of files, the targets of symbolic links verbatim, names of any bytes,
/// exec bits, and hard links between any of the copies.
///
/// # Errors
/// What failed first, and on which file.
pub fn all(copies: &[Copy], progress: &Progress) -> Result<()> {
    let work =
        Work { progress, first_names: FirstNames::default(), failed: AtomicBool::new(false), error: Mutex::new(None) };
    rayon::scope(|scope| {
        for copy in copies {
            work.spawn(scope, move |work, scope| work.tree(scope, copy));
        }
    });
    work.error.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// What all threads share.
struct Work<'p> {
    progress: &'p Progress,
    first_names: FirstNames,
    failed: AtomicBool,
    error: Mutex<Option<anyhow::Error>>,
}

/// A directory of the store and its copy, open.
struct Pair {
    from: OwnedFd,
    to: OwnedFd,
    from_path: PathBuf,
    /// Shared with the hard links to what is in it.
    to_path: Arc<Path>,
}

impl<'w> Work<'w> {
    /// Leaves a piece of work to whichever thread is free. A thread finishes what it has begun first, so open files and
    /// what waits stay few. After an error there is nothing more to do.
    fn spawn<'s>(&'s self, scope: &Scope<'s>, piece: impl FnOnce(&'s Self, &Scope<'s>) -> Result<()> + Send + 's)
    where
        'w: 's,
    {
        scope.spawn(move |scope| {
            if self.failed.load(Ordering::Relaxed) {
                return;
            }
            if let Err(error) = piece(self, scope) {
                self.failed.store(true, Ordering::Relaxed);
                self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        });
    }

    fn tree<'s>(&'s self, scope: &Scope<'s>, Copy { from, to }: &Copy) -> Result<()>
    where
        'w: 's,
    {
        let stat = fs::lstat(from).with_context(|| failed("looking at", from))?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            return self.directory(scope, from.clone(), to.clone());
        }
        let (Some(from_parent), Some(to_parent), Some(name)) = (from.parent(), to.parent(), from.file_name()) else {
            bail!("'{}' is no store path", from.display());
        };
        let pair = Pair::open(from_parent.to_owned(), to_parent.to_owned())?;
        self.entry(scope, &Arc::new(pair), &c_string(name)?, FileType::from_raw_mode(stat.st_mode))
    }

    fn directory<'s>(&'s self, scope: &Scope<'s>, from: PathBuf, to: PathBuf) -> Result<()>
    where
        'w: 's,
    {
        fs::mkdir(&to, Mode::from_raw_mode(0o755)).with_context(|| failed("making the directory", &to))?;
        let pair = Arc::new(Pair::open(from, to)?);
        let listing = || failed("listing", &pair.from_path);
        let (mut directories, mut others) = (Vec::new(), Vec::new());
        for entry in Dir::read_from(&pair.from).with_context(listing)? {
            let entry = entry.with_context(listing)?;
            let (name, mut kind) = (entry.file_name().to_owned(), entry.file_type());
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            if kind == FileType::Unknown {
                let stat = fs::statat(&pair.from, &name, AtFlags::SYMLINK_NOFOLLOW);
                let stat = stat.with_context(|| failed("looking at", &below(&pair.from_path, &name)))?;
                kind = FileType::from_raw_mode(stat.st_mode);
            }
            if kind == FileType::Directory { directories.push(name) } else { others.push((name, kind)) }
        }
        for name in directories {
            let (from, to) = (below(&pair.from_path, &name), below(&pair.to_path, &name));
            self.spawn(scope, move |work, scope| work.directory(scope, from, to));
        }
        while others.len() > FILES_AT_ONCE {
            let (pair, others) = (Arc::clone(&pair), others.split_off(others.len() - FILES_AT_ONCE));
            self.spawn(scope, move |work, scope| work.entries(scope, &pair, &others));
        }
        self.entries(scope, &pair, &others)
    }

    fn entries<'s>(&'s self, scope: &Scope<'s>, pair: &Arc<Pair>, entries: &[(CString, FileType)]) -> Result<()>
    where
        'w: 's,
    {
        entries.iter().try_for_each(|(name, kind)| self.entry(scope, pair, name, *kind))
    }

    fn entry<'s>(&'s self, scope: &Scope<'s>, pair: &Arc<Pair>, name: &CStr, kind: FileType) -> Result<()>
    where
        'w: 's,
    {
        match kind {
            FileType::RegularFile => self.file(scope, pair, name),
            FileType::Symlink => {
                let target = fs::readlinkat(&pair.from, name, Vec::new());
                let target = target.with_context(|| failed("reading the link", &below(&pair.from_path, name)))?;
                fs::symlinkat(target, &pair.to, name)
                    .with_context(|| failed("making the link", &below(&pair.to_path, name)))
            }
            _ => bail!(
                "'{}' is neither a file, a directory nor a symbolic link, as all in a store is",
                below(&pair.from_path, name).display()
            ),
        }
    }

    fn file<'s>(&'s self, scope: &Scope<'s>, pair: &Arc<Pair>, name: &CStr) -> Result<()>
    where
        'w: 's,
    {
        let reading = || failed("reading", &below(&pair.from_path, name));
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let from = fs::openat(&pair.from, name, flags, Mode::empty()).with_context(reading)?;
        let stat = fs::fstat(&from).with_context(reading)?;
        let making = || failed("making the file", &below(&pair.to_path, name));
        let to = if stat.st_nlink > 1 {
            let first = self.first_names.first_or_link(&stat, pair, name).with_context(making)?;
            let Some(to) = first else { return Ok(()) };
            to
        } else {
            pair.create(name, &stat).with_context(making)?
        };
        self.progress.file();
        let (pair, name) = (Arc::clone(pair), name.to_owned());
        let copying = move || {
            let (from, to) = (below(&pair.from_path, &name), below(&pair.to_path, &name));
            format!("copying '{}' to '{}'", from.display(), to.display())
        };
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        if size < contents::LARGE {
            contents::copy(&from, &to, &stat).with_context(copying)?;
            self.progress.bytes(size);
            return Ok(());
        }
        let Some(parts) = contents::parts(&from, &to, &stat).with_context(&copying)? else {
            self.progress.bytes(size);
            return Ok(());
        };
        let shared = Arc::new((from, to, copying));
        for part in parts {
            let shared = Arc::clone(&shared);
            self.spawn(scope, move |work, _| {
                let (from, to, copying) = &*shared;
                contents::copy_part(from, to, &part).with_context(copying)?;
                work.progress.bytes(part.end - part.start);
                Ok(())
            });
        }
        Ok(())
    }
}

impl Pair {
    fn open(from_path: PathBuf, to_path: PathBuf) -> Result<Self> {
        let open = |path: &Path, how: OFlags| {
            let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | how;
            fs::openat(CWD, path, flags, Mode::empty()).with_context(|| failed("opening the directory", path))
        };
        Ok(Self {
            from: open(&from_path, OFlags::RDONLY)?,
            to: open(&to_path, OFlags::PATH)?,
            from_path,
            to_path: to_path.into(),
        })
    }

    /// Makes the new file `name` in the copy, with the exec bits of the old one.
    fn create(&self, name: &CStr, stat: &Stat) -> rustix::io::Result<OwnedFd> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        fs::openat(&self.to, name, flags, Mode::from_raw_mode(stat.st_mode & 0o777))
    }
}

fn below(directory: &Path, name: &CStr) -> PathBuf {
    directory.join(OsStr::from_bytes(name.to_bytes()))
}

fn c_string(name: &OsStr) -> Result<CString> {
    CString::new(name.as_bytes()).context("a name has a NUL in it")
}

fn failed(doing: &str, path: &Path) -> String {
    format!("{doing} '{}'", path.display())
}
