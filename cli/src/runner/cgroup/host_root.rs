//! A root directory like the host's, with a directory more.
//!
//! In Nix's sandbox there is no `/sys`, and nobody may make it there. So this process gets another root directory in its own
//! mount namespace: what is in the host's is mounted in it, and the directory is made.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use camino::Utf8Path;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{self, MountAttrFlags, UnmountFlags};

use crate::runner::files::DetachedMount;

/// What one directory of the host's root becomes in the new one.
struct Entry {
    place: PathBuf,
    kind: Kind,
}

enum Kind {
    Directory,
    Link(PathBuf),
    Mounted { tree: DetachedMount, is_directory: bool },
}

/// Gives this process, whose mount namespace is its own, a root directory that has the directory `wanted`, which the host's
/// does not have. It is set up at `site`, a directory that others see as before.
///
/// # Errors
/// What cannot be read, or what the kernel does not allow.
pub fn enter_with(wanted: &Utf8Path, site: &Utf8Path) -> Result<()> {
    let adding = || format!("adding '{wanted}', which this host does not have, to what the runtime sees");
    let entries = entries(wanted.as_std_path()).with_context(adding)?;
    DetachedMount::tmpfs(&[("mode", "0755")], MountAttrFlags::empty())
        .and_then(|tmpfs| tmpfs.attach(site))
        .with_context(adding)?;
    let enter = || {
        std::env::set_current_dir(site).with_context(|| format!("entering '{site}'"))?;
        for entry in entries {
            make(entry)?;
        }
        // The old root is mounted on the new one then, where it is taken away (pivot_root(2)).
        rustix::process::pivot_root(".", ".").context("pivot_root(2)")?;
        mount::unmount(".", UnmountFlags::DETACH).context("taking the old root directory away")?;
        std::env::set_current_dir("/").context("entering '/'")
    };
    enter().with_context(adding)
}

/// What is in the directories on the way to `wanted`, by paths from the root. The last of these directories are made anew.
fn entries(wanted: &Path) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let (mut at, mut place) = (Some(PathBuf::from("/")), PathBuf::new());
    for name in wanted.components().skip(1) {
        let name = name.as_os_str();
        if let Some(directory) = &at {
            add_others(directory, &place, name, &mut entries)?;
        }
        place.push(name);
        at = at.map(|directory| directory.join(name)).filter(|directory| directory.is_dir());
        entries.push(Entry { place: place.clone(), kind: Kind::Directory });
    }
    Ok(entries)
}

/// Adds what is in `directory` but for `except`.
fn add_others(directory: &Path, place: &Path, except: &OsStr, entries: &mut Vec<Entry>) -> Result<()> {
    let listing = || format!("listing '{}'", directory.display());
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = rustix::fs::openat(CWD, directory, flags, Mode::empty()).with_context(listing)?;
    for entry in Dir::read_from(&opened).with_context(listing)? {
        let entry = entry.with_context(listing)?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name == "." || name == ".." || name == except {
            continue;
        }
        let path = directory.join(name);
        let taking = || format!("taking '{}'", path.display());
        let kind = match rustix::fs::statat(&opened, name, AtFlags::SYMLINK_NOFOLLOW) {
            // It went away.
            Err(Errno::NOENT) => continue,
            stat => FileType::from_raw_mode(stat.with_context(taking)?.st_mode),
        };
        let kind = if kind == FileType::Symlink {
            let target = rustix::fs::readlinkat(&opened, name, Vec::new()).with_context(taking)?;
            Kind::Link(OsStr::from_bytes(target.to_bytes()).into())
        } else {
            let tree = DetachedMount::clone_entry(&opened, name).with_context(taking)?;
            Kind::Mounted { tree, is_directory: kind == FileType::Directory }
        };
        entries.push(Entry { place: place.join(name), kind });
    }
    Ok(())
}

/// Makes an entry in the working directory.
fn make(entry: Entry) -> Result<()> {
    let place = &entry.place;
    let making = || format!("making '{}'", place.display());
    match entry.kind {
        Kind::Directory => rustix::fs::mkdirat(CWD, place, Mode::from_raw_mode(0o755)).with_context(making),
        Kind::Link(target) => rustix::fs::symlinkat(&target, CWD, place).with_context(making),
        Kind::Mounted { tree, is_directory } => {
            if is_directory {
                rustix::fs::mkdirat(CWD, place, Mode::from_raw_mode(0o755)).with_context(making)?;
            } else {
                let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
                rustix::fs::openat(CWD, place, flags, Mode::from_raw_mode(0o644)).with_context(making)?;
            }
            tree.attach_at(place).with_context(making)
        }
    }
}
