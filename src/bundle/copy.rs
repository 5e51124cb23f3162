//! Copies trees of the store.
//!
//! Nix sets owners, modes and times when the build ends, so they are of no concern here, but for two things: exec bits,
//! and that a copied directory stays writable until then, because mount points may have to go into it.

mod contents;
mod dir_pair;
mod hard_links;
mod sharing;

use std::ffi::{CStr, CString, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use rayon::Scope;
use rustix::fs::{self, AtFlags, Dir, FileType, Mode};

use self::dir_pair::DirPair;
use self::hard_links::HardLinks;
use self::sharing::Sharing;
use super::progress::Progress;
use crate::plan::file;
use crate::plan::resolve::closure_files::not_of_a_store;

/// What is copied out of one directory into another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies {
    /// The directory that has the originals.
    pub from: PathBuf,
    /// The directory that gets the copies.
    pub to: PathBuf,
    /// What is copied: directories, files and symbolic links. Nothing of these names is in `to` yet.
    pub names: Vec<OsString>,
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
pub fn all(copies: Copies, progress: &Progress) -> Result<()> {
    let Copies { from, to, names } = copies;
    if names.is_empty() {
        return Ok(());
    }
    let top = Arc::new(DirPair::open(&from, &to)?);
    let work = Work {
        hard_links: HardLinks::new(Arc::clone(&top)),
        top,
        from,
        to,
        progress,
        sharing: Sharing::default(),
        failed: AtomicBool::new(false),
        error: Mutex::new(None),
    };
    rayon::scope(|scope| {
        for name in names {
            work.spawn(scope, move |work, scope| {
                let name = CString::new(name.into_vec()).context("a name has a NUL in it")?;
                work.entry(scope, &work.top, &(name, FileType::Unknown))
            });
        }
    });
    work.error.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// What all threads share.
struct Work<'p> {
    from: PathBuf,
    to: PathBuf,
    /// These two, open.
    top: Arc<DirPair>,
    progress: &'p Progress,
    hard_links: HardLinks,
    sharing: Sharing,
    failed: AtomicBool,
    error: Mutex<Option<anyhow::Error>>,
}

/// A name in a directory, and what it is: unknown where a file system's listings do not tell.
type Entry = (CString, FileType);

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

    fn entry<'s>(&'s self, scope: &Scope<'s>, pair: &Arc<DirPair>, (name, kind): &Entry) -> Result<()>
    where
        'w: 's,
    {
        match self.known(pair, name, *kind)? {
            FileType::Directory => self.directory(scope, pair.below(name)),
            FileType::RegularFile => self.file(scope, pair, name),
            FileType::Symlink => {
                let target = fs::readlinkat(&pair.from, name, Vec::new());
                let target = target.with_context(|| failed("reading the link", &self.from(pair, name)))?;
                fs::symlinkat(target, &pair.to, name).with_context(|| failed("making the link", &self.to(pair, name)))
            }
            _ => Err(self.not_of_a_store(pair, name)),
        }
    }

    fn not_of_a_store(&self, pair: &DirPair, name: &CStr) -> anyhow::Error {
        not_of_a_store(&self.from(pair, name))
    }

    fn known(&self, pair: &DirPair, name: &CStr, kind: FileType) -> Result<FileType> {
        if kind != FileType::Unknown {
            return Ok(kind);
        }
        let stat = fs::statat(&pair.from, name, AtFlags::SYMLINK_NOFOLLOW);
        let stat = stat.with_context(|| failed("reading the metadata of", &self.from(pair, name)))?;
        Ok(FileType::from_raw_mode(stat.st_mode))
    }

    /// Copies a directory by its path below the top.
    fn directory<'s>(&'s self, scope: &Scope<'s>, path: PathBuf) -> Result<()>
    where
        'w: 's,
    {
        fs::mkdirat(&self.top.to, &path, Mode::from_raw_mode(0o755))
            .with_context(|| failed("making the directory", &self.to.join(&path)))?;
        let listing = || failed("listing", &self.from.join(&path));
        let pair = Arc::new(self.top.open_below(&path).with_context(listing)?);
        let (mut directories, mut others) = (Vec::new(), Vec::new());
        for entry in Dir::read_from(&pair.from).with_context(listing)? {
            let entry = entry.with_context(listing)?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            match self.known(&pair, name, entry.file_type())? {
                FileType::Directory => directories.push(pair.below(name)),
                kind => others.push((name.to_owned(), kind)),
            }
        }
        for path in directories {
            self.spawn(scope, move |work, scope| work.directory(scope, path));
        }
        while others.len() > FILES_AT_ONCE {
            let (pair, others) = (Arc::clone(&pair), others.split_off(others.len() - FILES_AT_ONCE));
            self.spawn(scope, move |work, scope| others.iter().try_for_each(|other| work.entry(scope, &pair, other)));
        }
        others.iter().try_for_each(|other| self.entry(scope, &pair, other))
    }

    fn file<'s>(&'s self, scope: &Scope<'s>, pair: &Arc<DirPair>, name: &CStr) -> Result<()>
    where
        'w: 's,
    {
        let reading = || failed("reading", &self.from(pair, name));
        let from = fs::openat(&pair.from, name, file::TO_READ, Mode::empty()).with_context(reading)?;
        let stat = fs::fstat(&from).with_context(reading)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(self.not_of_a_store(pair, name));
        }
        let making = || failed("making the file", &self.to(pair, name));
        let to = if stat.st_nlink > 1 {
            let first = self.hard_links.first_or_link(&stat, pair, name).with_context(making)?;
            let Some(to) = first else { return Ok(()) };
            to
        } else {
            pair.create(name, &stat).with_context(making)?
        };
        self.progress.file();
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        if size == 0 {
            return Ok(());
        }
        let (pair, name) = (Arc::clone(pair), name.to_owned());
        let copying =
            move || format!("copying '{}' to '{}'", self.from(&pair, &name).display(), self.to(&pair, &name).display());
        let is_shared = self.sharing.share(&from, &to);
        if is_shared || size < contents::LARGE {
            if !is_shared {
                contents::copy(&from, &to, &stat).with_context(copying)?;
            }
            self.progress.bytes(size);
            return Ok(());
        }
        let parts = contents::parts(&from, &to, &stat).with_context(&copying)?;
        let file = Arc::new((from, to, copying));
        for part in parts {
            let file = Arc::clone(&file);
            self.spawn(scope, move |work, _| {
                let (from, to, copying) = &*file;
                contents::copy_part(from, to, &part).with_context(copying)?;
                work.progress.bytes(part.end - part.start);
                Ok(())
            });
        }
        Ok(())
    }

    /// Where the original is.
    fn from(&self, pair: &DirPair, name: &CStr) -> PathBuf {
        self.from.join(pair.below(name))
    }

    /// Where the copy is.
    fn to(&self, pair: &DirPair, name: &CStr) -> PathBuf {
        self.to.join(pair.below(name))
    }
}

fn failed(doing: &str, path: &Path) -> String {
    format!("{doing} '{}'", path.display())
}
