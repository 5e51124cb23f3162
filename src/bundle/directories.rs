//! The directories that no copy brings, made in the order in which they are planned.

use std::fs;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// Makes directories. Of those in one directory, each is made by its name in there: there may be thousands.
#[derive(Default)]
pub struct Directories {
    /// The directory that the last one was made in: there may be more in each other than may be open.
    parent: Option<(PathBuf, OwnedFd)>,
}

impl Directories {
    /// Makes the directory at `path`, in one that is there. Every name on the way to it is a real directory: the plan has
    /// followed all links already, so none is followed now.
    ///
    /// # Errors
    /// A directory that cannot be made.
    pub fn make(&mut self, path: &Path) -> Result<()> {
        let making = || format!("making the directory '{}'", path.display());
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { bail!("'/' always exists") };
        let at = match self.parent.take() {
            Some((open, at)) if open == parent => at,
            _ => {
                let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let opened = rustix::fs::open(parent, flags, Mode::empty());
                opened.with_context(|| format!("opening the directory '{}'", parent.display()))?
            }
        };
        rustix::fs::mkdirat(&at, name, Mode::from_raw_mode(0o755)).with_context(making)?;
        self.parent = Some((parent.to_owned(), at));
        Ok(())
    }
}

/// Makes the directory at `path`, which a copy may have brought already. Nothing but a directory will do: through a link, what is
/// made below would be elsewhere.
///
/// # Errors
/// A directory that cannot be made.
pub fn make_unless_there(path: &Path) -> Result<()> {
    let making = || format!("making the directory '{}'", path.display());
    match rustix::fs::mkdir(path, Mode::from_raw_mode(0o777)) {
        Err(error) if error == Errno::EXIST => {
            let is_there = fs::symlink_metadata(path).with_context(making)?.is_dir();
            if is_there { Ok(()) } else { Err(std::io::Error::from(ErrorKind::AlreadyExists)).with_context(making) }
        }
        made => made.with_context(making),
    }
}
