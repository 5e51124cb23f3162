//! A store path in an archive: as Nix keeps it, for everybody to read and nobody to change.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use oci_bundle_builder::plan::file;

use super::ensure_no_whiteout;
use crate::tar::{self, Kind, Member};

/// The permissions of a store path's directories and programs, and of its other files (Nix manual, "File System Object").
const EXECUTABLE: u32 = 0o555;
const READABLE: u32 = 0o444;

/// A path of the container as an archive has it.
pub fn in_archive(path: &Path) -> &[u8] {
    let bytes = path.as_os_str().as_bytes();
    bytes.strip_prefix(b"/").unwrap_or(bytes)
}

/// Writes a store path with everything in it, sorted by name.
pub fn write(path: &Path, out: &mut dyn Write) -> Result<()> {
    let reading = || format!("reading '{}'", path.display());
    let metadata = fs::symlink_metadata(path).with_context(reading)?;
    write_entry(path, &metadata, out)?;
    if !metadata.is_dir() {
        return Ok(());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(path).with_context(reading)? {
        names.push(entry.with_context(reading)?.file_name());
    }
    names.sort_unstable();
    names.iter().try_for_each(|name| write_below(path, name, out))
}

fn write_below(directory: &Path, name: &OsStr, out: &mut dyn Write) -> Result<()> {
    let path = directory.join(name);
    ensure_no_whiteout(name.as_bytes()).map_err(|problem| anyhow!("'{}': {problem}", path.display()))?;
    write(&path, out)
}

fn write_entry(path: &Path, metadata: &Metadata, out: &mut dyn Write) -> Result<()> {
    let writing = "writing a layer";
    let is_executable = metadata.is_dir() || metadata.permissions().mode() & 0o111 != 0;
    let mode = if is_executable { EXECUTABLE } else { READABLE };
    let member = |mode, kind| Member { path: in_archive(path), mode, uid: 0, gid: 0, kind };
    if metadata.is_dir() {
        return tar::write_member(out, &member(mode, Kind::Directory)).context(writing);
    }
    if metadata.is_symlink() {
        let target = fs::read_link(path).with_context(|| format!("reading the link '{}'", path.display()))?;
        let kind = Kind::Symlink(target.as_os_str().as_bytes());
        return tar::write_member(out, &member(0o777, kind)).context(writing);
    }
    if !metadata.is_file() {
        bail!("'{}' is neither a file, a directory nor a link", path.display());
    }
    tar::write_member(out, &member(mode, Kind::File(metadata.len()))).context(writing)?;
    let mut content = file::open(path)?;
    tar::write_content(out, &mut content, metadata.len()).with_context(|| format!("'{}'", path.display()))
}
