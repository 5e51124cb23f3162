//! The directory that has a user's volumes.

use std::fmt::{self, Display, Formatter};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use anyhow::{Context, Error, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use oci_bundle_builder::plan::definition::named_volume::VolumeName;
use oci_bundle_builder::plan::diagnostics::nearest;
use rustix::fs::{Dir, FileType, FlockOperation, Mode, OFlags, flock};
use rustix::io::Errno;

use super::state_home::OF_ROOT;
use crate::runner::files::{Trust, ensure_own, open_directory, open_to_list, real_path};

/// The file in a volume that is locked while it is used, and since when there is one.
pub const LOCK: &str = "lock";

/// The directory in a volume that containers see.
pub const DATA: &str = "data";

/// The file that is locked by who makes or removes a volume. No volume has such a name.
const LOCK_OF_ALL: &str = ".lock";

/// The mode of what is the caller's alone.
const OWN: Mode = Mode::RWXU;

/// The directory, open.
#[derive(Debug)]
pub struct VolumesDir {
    /// Its real path.
    pub path: Utf8PathBuf,
    directory: OwnedFd,
}

/// A volume that there is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingVolume {
    /// Its name.
    pub name: VolumeName,
    /// A volume that there is, whose name is much like it.
    pub nearest: Option<String>,
}

impl MissingVolume {
    /// One where there are no others.
    pub fn none_like(name: &VolumeName) -> Self {
        Self { name: name.clone(), nearest: None }
    }
}

impl Display for MissingVolume {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "there is no volume '{}'", self.name)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean '{nearest}'?"),
            None => f.write_str("; 'oci-bundle volume list' shows those that there are"),
        }
    }
}

impl VolumesDir {
    /// Opens it; `None` if it is not there.
    ///
    /// # Errors
    /// It is not the caller's alone, or cannot be looked at.
    pub fn open(path: &Utf8Path) -> Result<Option<Self>> {
        match Self::reach(path, false) {
            Err(error) if is_missing(&error) => Ok(None),
            opened => opened.map(Some).with_context(|| format!("the volumes in '{path}'")),
        }
    }

    /// Opens it, or makes it.
    ///
    /// # Errors
    /// As for [`VolumesDir::open`], or it cannot be made.
    pub fn make(path: &Utf8Path) -> Result<Self> {
        Self::reach(path, true).with_context(|| format!("the volumes in '{path}'"))
    }

    fn reach(path: &Utf8Path, may_make: bool) -> Result<Self> {
        let names = || Some((path.file_name()?, path.parent()?.file_name()?, path.parent()?.parent()?));
        let Some((last, own, base)) = names() else { bail!("want an absolute path") };
        let trust = Trust::new(&[])?;
        let makes_base = may_make && base != OF_ROOT;
        let mut at = if makes_base { make_all(&trust, base)? } else { trust.open(base.as_std_path())? };
        let mut stat = rustix::fs::fstat(&at)?;
        for name in [own, last] {
            if may_make {
                make(at.as_fd(), name).with_context(|| format!("making the directory '{name}'"))?;
            }
            let in_it = || format!("'{name}'");
            at = open_to_list(&at, name).with_context(in_it)?;
            stat = rustix::fs::fstat(&at).with_context(in_it)?;
            ensure_own(&stat, name).with_context(in_it)?;
        }
        if stat.st_mode & 0o7777 != OWN.bits() {
            rustix::fs::fchmod(&at, OWN).context("closing it to others")?;
        }
        Ok(Self { path: real_path(&at)?, directory: at })
    }

    /// Locks it against others that make or remove volumes, or lets them only look at it.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn lock(&self, operation: FlockOperation) -> Result<OwnedFd> {
        let lock = open_lock(self.as_fd(), LOCK_OF_ALL, OFlags::CREATE);
        let lock = lock.with_context(|| format!("opening '{}'", self.path.join(LOCK_OF_ALL)))?;
        flock(&lock, operation).context("locking the volumes")?;
        Ok(lock)
    }

    /// Opens what a volume of this name has; `None` if there is none.
    ///
    /// # Errors
    /// Something else has that name.
    pub fn find(&self, name: &str) -> Result<Option<FoundVolume>> {
        let directory = match open_to_list(self.as_fd(), name) {
            Err(error) if is_missing(&error) => return Ok(None),
            opened => opened.with_context(|| self.no_volume(name))?,
        };
        let open = || {
            ensure_own(&rustix::fs::fstat(&directory)?, name)?;
            let data = open_directory(&directory, DATA).with_context(|| format!("opening '{DATA}' in it"))?;
            let lock = open_lock(directory.as_fd(), LOCK, OFlags::empty());
            let lock = lock.with_context(|| format!("opening '{LOCK}' in it"))?;
            let stat = rustix::fs::fstat(&lock)?;
            let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
            ensure!(is_file, "'{LOCK}' in it is not the file that this program makes");
            Ok(FoundVolume { data, lock, created: stat.st_mtime })
        };
        open().map(Some).with_context(|| self.no_volume(name))
    }

    fn no_volume(&self, name: &str) -> String {
        format!("'{}' is not a volume", self.path.join(name))
    }

    /// Those names in it that volumes can have, sorted.
    ///
    /// # Errors
    /// It cannot be listed.
    pub fn names(&self) -> Result<Vec<VolumeName>> {
        let mut names: Vec<VolumeName> = self.entries()?.iter().filter_map(|name| name.parse().ok()).collect();
        names.sort();
        Ok(names)
    }

    /// All names in it.
    ///
    /// # Errors
    /// It cannot be listed.
    pub fn entries(&self) -> Result<Vec<String>> {
        let listing = || format!("listing '{}'", self.path);
        let mut names = Vec::new();
        for entry in Dir::read_from(self.as_fd()).with_context(listing)? {
            let entry = entry.with_context(listing)?;
            names.extend(entry.file_name().to_str().map(str::to_owned));
        }
        Ok(names)
    }

    /// A name that nothing in it has, of an entry that is no volume.
    ///
    /// # Errors
    /// It cannot be listed.
    pub fn unused_name(&self, kind: &str) -> Result<String> {
        let names = self.entries()?;
        let mut candidates = (0..=names.len()).map(|number| format!("{kind}{number}"));
        Ok(candidates.find(|candidate| !names.contains(candidate)).unwrap_or_default())
    }

    /// The directory of a volume that containers see.
    ///
    /// # Errors
    /// There is no such volume.
    pub fn data_path(&self, name: &VolumeName) -> Result<Utf8PathBuf> {
        self.find(name.as_str())?.ok_or_else(|| Error::msg(self.missing(name)))?;
        Ok(self.path.join(name.as_str()).join(DATA))
    }

    /// Says that there is no volume of this name.
    pub fn missing(&self, name: &VolumeName) -> MissingVolume {
        let known = self.names().unwrap_or_default();
        let known: Vec<_> = known.iter().map(VolumeName::as_str).collect();
        MissingVolume { name: name.clone(), nearest: nearest(name.as_str(), &known).map(str::to_owned) }
    }
}

impl AsFd for VolumesDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }
}

/// What a volume has.
#[derive(Debug)]
pub struct FoundVolume {
    /// The directory that containers see.
    pub data: OwnedFd,
    /// The file that is locked.
    pub lock: OwnedFd,
    /// When it was made, in seconds since 1970.
    pub created: i64,
}

/// Makes a directory of the caller's, in which a new one has the caller's group, unless it is there.
pub fn make(parent: BorrowedFd<'_>, name: &str) -> Result<(), Errno> {
    match rustix::fs::mkdirat(parent, name, OWN) {
        Err(Errno::EXIST) => Ok(()),
        made => made,
    }
}

/// Opens a file that is there to be locked. A pipe would wait for somebody else.
pub fn open_lock(directory: BorrowedFd<'_>, name: &str, more: OFlags) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::fs::openat(directory, name, flags | more, Mode::RUSR | Mode::WUSR)
}

/// Makes a directory and those above it.
fn make_all(trust: &Trust, path: &Utf8Path) -> Result<OwnedFd> {
    match (trust.open(path.as_std_path()), path.parent(), path.file_name()) {
        (Err(error), Some(parent), Some(name)) if is_missing(&error) => {
            let parent = make_all(trust, parent)?;
            make(parent.as_fd(), name).with_context(|| format!("making the directory '{path}'"))?;
            trust.open(path.as_std_path())
        }
        (opened, ..) => opened,
    }
}

fn is_missing(error: &Error) -> bool {
    error.root_cause().downcast_ref::<Errno>() == Some(&Errno::NOENT)
}
