//! A store path in an archive: as Nix keeps it, for everybody to read and nobody to change.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

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

/// Writes a store path with everything in it, sorted by name. Directories may be in each other as deep as a path is long, so what is
/// left of each is in a list and not on the stack.
pub fn write(path: &Path, out: &mut dyn Write) -> Result<()> {
    let mut open = vec![vec![path.to_owned()].into_iter()];
    while let Some(rest) = open.last_mut() {
        let Some(path) = rest.next() else {
            open.pop();
            continue;
        };
        let metadata = fs::symlink_metadata(&path).with_context(|| format!("reading '{}'", path.display()))?;
        write_entry(&path, &metadata, out)?;
        if metadata.is_dir() {
            open.push(children(&path)?.into_iter());
        }
    }
    Ok(())
}

/// What is in a directory, sorted.
fn children(directory: &Path) -> Result<Vec<PathBuf>> {
    let reading = || format!("reading '{}'", directory.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).with_context(reading)? {
        names.push(entry.with_context(reading)?.file_name());
    }
    names.sort_unstable();
    let child = |name: OsString| {
        let path = directory.join(&name);
        ensure_no_whiteout(name.as_bytes()).map_err(|problem| anyhow!("'{}': {problem}", path.display()))?;
        Ok(path)
    };
    names.into_iter().map(child).collect()
}

fn write_entry(path: &Path, metadata: &Metadata, out: &mut dyn Write) -> Result<()> {
    let writing = "writing a layer";
    let is_executable = metadata.is_dir() || metadata.permissions().mode() & 0o111 != 0;
    let mode = if is_executable { EXECUTABLE } else { READABLE };
    let member = |mode, kind| Member { mode, ..Member::new(in_archive(path), kind) };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_in_each_other_take_little_stack() {
        let folder = tempfile::TempDir::new().unwrap();
        let deep = folder.path().join("d/".repeat(1_500));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("file"), "x").unwrap();
        let root = folder.path().to_owned();
        let written = std::thread::Builder::new().stack_size(256 << 10).spawn(move || {
            let mut bytes = Vec::new();
            write(&root, &mut bytes).unwrap();
            tar::write_end(&mut bytes).unwrap();
            bytes
        });
        let bytes = written.unwrap().join().unwrap();
        assert_eq!(::tar::Archive::new(&bytes[..]).entries().unwrap().count(), 1_502);
    }
}
