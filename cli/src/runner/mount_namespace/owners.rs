//! Gives files and directories of the container their owners and modes: in the layer of writable directories, as the bundle is in a
//! store, which has none.
//!
//! Anybody may have made the bundle. So each file is opened below its root, through no link, once, and is changed by its descriptor.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use anyhow::{Context, Result, bail};
use oci_bundle_builder::plan::capability::XATTR;
use rustix::fs::{FileType, Gid, Mode, OFlags, ResolveFlags, Uid, XattrFlags};
use rustix::io::Errno;

use crate::runner::files::retry_on_race;
use crate::runner::owned_files::OwnedFile;

/// Makes these files of `lower` in `layer`, which has the directories already.
///
/// # Errors
/// One that is not there, or what the kernel does not allow.
pub fn give(lower: impl AsFd, layer: impl AsFd, files: &[OwnedFile]) -> Result<()> {
    for file in files {
        let giving = || format!("giving '/{}' its owner and mode", file.place.display());
        give_one(lower.as_fd(), layer.as_fd(), file).with_context(giving)?;
    }
    Ok(())
}

fn give_one(lower: BorrowedFd<'_>, layer: BorrowedFd<'_>, file: &OwnedFile) -> Result<()> {
    let original = open(lower, &file.place, OFlags::PATH)?;
    let kind = FileType::from_raw_mode(rustix::fs::fstat(&original)?.st_mode);
    let copy = match kind {
        FileType::Directory => open(layer, &file.place, OFlags::RDONLY | OFlags::DIRECTORY)?,
        // Whoever owns the bundle may put something else there meanwhile, so it is looked at again.
        FileType::RegularFile => {
            copy(File::from(open(lower, &file.place, OFlags::RDONLY | OFlags::NONBLOCK)?), layer, &file.place)?
        }
        _ => bail!("it is neither a file nor a directory"),
    };
    // A change of the owner takes the bits of set-user-ID away (chown(2)).
    rustix::fs::fchown(&copy, file.uid.map(Uid::from_raw), file.gid.map(Gid::from_raw))?;
    rustix::fs::fchmod(&copy, Mode::from_raw_mode(file.mode))?;
    if !file.capabilities.is_empty() {
        rustix::fs::fsetxattr(&copy, XATTR, &file.capabilities.to_xattr(), XattrFlags::empty())
            .context("setting its capabilities")?;
    }
    Ok(())
}

fn open(root: BorrowedFd<'_>, path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    retry_on_race(|| rustix::fs::openat2(root, path, flags, Mode::empty(), resolve))
}

fn copy(original: File, layer: BorrowedFd<'_>, place: &Path) -> Result<OwnedFd> {
    let metadata = original.metadata()?;
    if !metadata.is_file() {
        bail!("it is no file any more");
    }
    // The layer is this process's own, in which there are no links.
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut copy = File::from(rustix::fs::openat(layer, place, flags, Mode::from_raw_mode(0o600))?);
    // It may grow meanwhile.
    std::io::copy(&mut original.take(metadata.len()), &mut copy)
        .context("copying it to memory, as far as --tmpfs-size lets it")?;
    let modified = metadata.modified().context("reading its time")?;
    copy.set_modified(modified).context("setting its time")?;
    Ok(copy.into())
}
