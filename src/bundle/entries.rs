//! The root filesystem on disk: first the directories, then the copies, then what is made beside and inside of them.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rayon::prelude::*;

use super::copy::{self, Copies};
use super::directories::{self, Directories};
use super::progress::Progress;
use crate::plan::resolve::{Content, File};
use crate::plan::rootfs::entries::EntryKind;
use crate::plan::{ContainerPlan, file};

/// How many files and links are one piece of work.
const AT_ONCE: usize = 128;

/// Writes everything that is planned into the new directory `rootfs`.
///
/// # Errors
/// What failed first, and on which file.
pub fn write(plan: &ContainerPlan<'_>, rootfs: &Path, progress: &Progress) -> Result<()> {
    let mut made = Directories::default();
    made.make(rootfs)?;
    let mut names = Vec::new();
    let (mut inside_copies, mut leaves) = (Vec::new(), Vec::new());
    let mut copied: Option<PathBuf> = None;
    for entry in plan.entries() {
        let path = in_rootfs(&entry.path, rootfs);
        match entry.kind {
            EntryKind::Directory if copied.as_ref().is_some_and(|copied| path.starts_with(copied)) => {
                inside_copies.push(path);
            }
            EntryKind::Directory => made.make(&path)?,
            // Nothing else is ever copied to its own place, so these are names in the store.
            EntryKind::Copied(_) => names.extend(path.file_name().map(ToOwned::to_owned)),
            EntryKind::CopiedDirectory(_) => {
                names.extend(path.file_name().map(ToOwned::to_owned));
                copied = Some(path);
            }
            EntryKind::File(file) => leaves.push((path, Leaf::File(file))),
            EntryKind::Symlink(target) => leaves.push((path, Leaf::Symlink(target))),
        }
    }
    let from = plan.closure().store_dir().to_path();
    copy::all(Copies { from: from.to_owned(), to: in_rootfs(from, rootfs), names }, progress)?;
    inside_copies.iter().try_for_each(|path| directories::make_unless_there(path))?;
    leaves.par_chunks(AT_ONCE).try_for_each(|some| some.iter().try_for_each(|(path, leaf)| leaf.make(path)))
}

fn in_rootfs(path: &Path, rootfs: &Path) -> PathBuf {
    rootfs.join(path.strip_prefix("/").unwrap_or(path))
}

/// What has nothing below it.
#[derive(Clone, Copy)]
enum Leaf<'p> {
    File(&'p File),
    Symlink(&'p Path),
}

impl Leaf<'_> {
    fn make(self, path: &Path) -> Result<()> {
        match self {
            Self::File(file) => write_file(file, path),
            Self::Symlink(target) => {
                symlink(target, path).with_context(|| format!("making the link '{}'", path.display()))
            }
        }
    }
}

fn write_file(file: &File, path: &Path) -> Result<()> {
    let mode = if file.executable { 0o755 } else { 0o644 };
    let making = || format!("making the file '{}'", path.display());
    let new = || fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path).with_context(making);
    match &file.content {
        Content::Text(text) => new()?.write_all(text.as_bytes()).with_context(making),
        Content::CopyOf(source) => {
            let mut original = file::open(source)?;
            std::io::copy(&mut original, &mut new()?).with_context(making).map(drop)
        }
    }
}
