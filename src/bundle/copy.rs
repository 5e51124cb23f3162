//! Copies trees of the store.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use rayon::prelude::*;

/// A device and an inode: what two hard links have in common.
type Inode = (u64, u64);

/// Copies several trees, each file of several names once.
///
/// Kept are contents, the kinds of files, the targets of symbolic links verbatim, exec bits, and hard links between
/// any of the trees. Nix sets owners, modes and times when the build ends, so they are of no concern, but for one
/// thing: a copied directory stays writable until then, because mount points may have to go into it.
///
/// Work spreads over the threads of the rayon pool that calls it, within a tree as well as across trees.
#[derive(Debug, Default)]
pub struct Copier {
    first_names: Mutex<HashMap<Inode, PathBuf>>,
    more_names: Mutex<Vec<(PathBuf, PathBuf)>>,
}

impl Copier {
    /// Copies the file, link or directory `from` to `to`, which does not exist yet.
    ///
    /// # Errors
    /// What failed, and on which file.
    pub fn copy(&self, from: &Path, to: &Path) -> Result<()> {
        let metadata = fs::symlink_metadata(from).with_context(|| failed("reading", from))?;
        let kind = metadata.file_type();
        if kind.is_dir() {
            self.copy_directory(from, to)
        } else if kind.is_symlink() {
            let target = fs::read_link(from).with_context(|| failed("reading the link", from))?;
            symlink(target, to).with_context(|| failed("making the link", to))
        } else if kind.is_file() {
            self.copy_file(from, &metadata, to)
        } else {
            bail!("'{}' is neither a file, a directory nor a symbolic link, as all in a store is", from.display())
        }
    }

    /// Gives the files of several names their other names. To be called once, when all trees are copied.
    ///
    /// # Errors
    /// What failed, and on which file.
    pub fn finish(self) -> Result<()> {
        let links = self.more_names.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        links.par_iter().try_for_each(|(first, name)| {
            fs::hard_link(first, name).with_context(|| failed("making the hard link", name))
        })
    }

    fn copy_directory(&self, from: &Path, to: &Path) -> Result<()> {
        let names = fs::read_dir(from)
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>())
            .with_context(|| failed("listing", from))?;
        fs::create_dir(to).with_context(|| failed("making the directory", to))?;
        names.par_iter().try_for_each(|name| self.copy(&from.join(name), &to.join(name)))
    }

    fn copy_file(&self, from: &Path, metadata: &Metadata, to: &Path) -> Result<()> {
        if metadata.nlink() > 1 {
            let mut first_names = self.first_names.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let inode = (metadata.dev(), metadata.ino());
            if let Some(first) = first_names.get(&inode) {
                let mut more_names = self.more_names.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                more_names.push((first.clone(), to.to_owned()));
                return Ok(());
            }
            first_names.insert(inode, to.to_owned());
        }
        // The standard library copies inside the kernel (copy_file_range), which shares extents where it can.
        fs::copy(from, to).with_context(|| format!("copying '{}' to '{}'", from.display(), to.display()))?;
        Ok(())
    }
}

fn failed(doing: &str, path: &Path) -> String {
    format!("{doing} '{}'", path.display())
}
