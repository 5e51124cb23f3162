//! What the closure has, each of its files looked at once.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use rustix::io::Errno;

use super::{ByPath, Content, Entry, File, try_resolve};
use crate::plan::derivation::closure::Closure;

/// A place in the closure that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(usize);

/// Where there is nothing, and nothing below it.
const NOTHING: Id = Id(0);

/// The files that were looked at. Nothing in a store ever changes, so what was seen once still holds.
#[derive(Clone, Debug)]
pub struct ClosureFiles(RefCell<Known>);

#[derive(Clone, Debug)]
struct Known {
    entries: Vec<Found>,
    /// Those that were not reached from another one.
    tops: HashMap<PathBuf, Id>,
}

#[derive(Clone, Debug)]
struct Found {
    parent: Option<Id>,
    /// The name in the parent, or the whole path.
    name: OsString,
    entry: Entry,
    children: HashMap<OsString, Id>,
}

impl Found {
    fn new(parent: Option<Id>, name: &OsStr, entry: Entry) -> Self {
        Self { parent, name: name.to_owned(), entry, children: HashMap::new() }
    }
}

impl Default for ClosureFiles {
    fn default() -> Self {
        let nothing = Found::new(None, OsStr::new(""), Entry::Nothing);
        Self(RefCell::new(Known { entries: vec![nothing], tops: HashMap::new() }))
    }
}

impl ClosureFiles {
    /// What is at a path of the closure that no link leads to.
    ///
    /// # Errors
    /// What cannot be looked at.
    pub fn at(&self, path: &Path) -> Result<Id> {
        if let Some(id) = self.0.borrow().tops.get(path) {
            return Ok(*id);
        }
        let entry = lstat_in_store(path)?;
        let mut known = self.0.borrow_mut();
        let id = known.add(Found::new(None, path.as_os_str(), entry));
        known.tops.insert(path.to_owned(), id);
        Ok(id)
    }

    /// What a directory has by this name.
    ///
    /// # Errors
    /// What cannot be looked at.
    pub fn child(&self, directory: Id, name: &OsStr) -> Result<Id> {
        {
            let known = self.0.borrow();
            let entry = &known.entries[directory.0];
            if let Some(id) = entry.children.get(name) {
                return Ok(*id);
            }
            if entry.entry != Entry::Directory {
                return Ok(NOTHING);
            }
        }
        let entry = lstat_in_store(&self.path(directory).join(name))?;
        let mut known = self.0.borrow_mut();
        let id = known.add(Found::new(Some(directory), name, entry));
        known.entries[directory.0].children.insert(name.to_owned(), id);
        Ok(id)
    }

    /// What is there.
    pub fn entry(&self, id: Id) -> Entry {
        self.0.borrow().entries[id.0].entry.clone()
    }

    /// The names in a directory, sorted; none if it is something else.
    ///
    /// # Errors
    /// A directory that cannot be listed.
    pub fn list(&self, id: Id) -> Result<BTreeSet<OsString>> {
        if self.0.borrow().entries[id.0].entry != Entry::Directory {
            return Ok(BTreeSet::new());
        }
        let path = self.path(id);
        let listing = || format!("listing '{}'", path.display());
        let entries = fs::read_dir(&path).with_context(listing)?;
        entries.map(|entry| Ok(entry.with_context(listing)?.file_name())).collect()
    }

    fn path(&self, mut id: Id) -> PathBuf {
        let known = self.0.borrow();
        let mut names = Vec::new();
        while let Found { parent: Some(parent), name, .. } = &known.entries[id.0] {
            names.push(name);
            id = *parent;
        }
        let mut path = PathBuf::from(&known.entries[id.0].name);
        path.extend(names.into_iter().rev());
        path
    }
}

impl Known {
    fn add(&mut self, entry: Found) -> Id {
        self.entries.push(entry);
        Id(self.entries.len() - 1)
    }
}

/// What is at a path of the store. No link is followed if none of the names above the last is one.
///
/// # Errors
/// What cannot be looked at, and what no store has.
pub fn lstat_in_store(path: &Path) -> Result<Entry> {
    use std::os::unix::fs::PermissionsExt;
    let reading = || format!("reading the metadata of '{}'", path.display());
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Entry::Nothing);
        }
        // What no file can be called, as the target of a link may be, is nowhere.
        Err(error) if error.raw_os_error() == Some(Errno::NAMETOOLONG.raw_os_error()) => return Ok(Entry::Nothing),
        metadata => metadata.with_context(reading)?,
    };
    if metadata.is_dir() {
        Ok(Entry::Directory)
    } else if metadata.is_symlink() {
        Ok(Entry::Link(fs::read_link(path).with_context(reading)?))
    } else if metadata.is_file() {
        let executable = metadata.permissions().mode() & 0o111 != 0;
        Ok(Entry::File(File { content: Content::CopyOf(path.to_owned()), executable }))
    } else {
        // To open one may take forever, or do something.
        Err(not_of_a_store(path))
    }
}

/// The mistake of a FIFO, a socket or a device.
pub fn not_of_a_store(path: &Path) -> anyhow::Error {
    anyhow!("'{}' is not a file, a directory or a symbolic link; a store holds nothing else", path.display())
}

/// Where in the root filesystem a path of the closure has its copy, all links followed. A link to the host has none; and
/// what is not there is said where its mount point is made.
///
/// # Errors
/// What cannot be looked at.
pub fn resolve_in_closure(source: &Path, closure: &Closure) -> Result<Option<PathBuf>> {
    if !closure.has(source) {
        return Ok(None);
    }
    let on_disk = ByPath(|place: &Path| {
        if closure.has(place) {
            lstat_in_store(place)
        } else if closure.store_dir().to_path().starts_with(place) {
            Ok(Entry::Directory)
        } else {
            Ok(Entry::Nothing)
        }
    });
    let resolved = try_resolve(&on_disk, source)?;
    let copy = resolved.filter(|found| closure.has(&found.place) && found.entry != Entry::Nothing);
    Ok(copy.map(|found| found.place))
}
