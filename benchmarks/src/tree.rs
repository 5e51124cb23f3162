//! Makes trees: a store with a closure in it, and what the builder and the other ways to copy it are told.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rayon::prelude::*;

use crate::closure;
use crate::numbers::Numbers;
use crate::shape::{Kinds, Shape};

/// How many files a directory of mixed files has.
const IN_DIRECTORY: usize = 20;

/// A tree on the disk.
pub struct Tree {
    /// The store paths, which are in the folder's `store`.
    pub paths: Vec<PathBuf>,
}

impl Tree {
    /// Makes in `folder`, which exists:
    ///
    /// - `store`, with the store paths,
    /// - `paths`, a file with a line for each of them,
    /// - `attrs.json`, the builder's structured attributes, which name `out` in the folder as the output,
    /// - `mount.json`, the same for a bundle that mounts its store.
    ///
    /// # Errors
    /// What could not be made.
    pub fn make(folder: &Path, shape: Shape) -> Result<Self> {
        let store = folder.join("store");
        fs::create_dir(&store).with_context(|| format!("making '{}'", store.display()))?;
        let paths = closure::paths(&store, shape.paths);
        let bytes = bytes();
        let make = |(index, path): (usize, &PathBuf)| {
            StorePath { path, index, shape, bytes: &bytes }
                .make()
                .with_context(|| format!("making the store path '{}'", path.display()))
        };
        let sizes: Vec<u64> = paths.par_iter().enumerate().map(make).collect::<Result<_>>()?;
        let lines: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
        fs::write(folder.join("paths"), lines)?;
        let out = folder.join("out");
        for (file, container) in [("attrs.json", closure::container()), ("mount.json", closure::mounting_container())] {
            let mut attrs = closure::attrs(container, &paths, &out);
            for (index, size) in sizes.iter().enumerate() {
                attrs["closure"][index]["narSize"] = (*size).into();
            }
            fs::write(folder.join(file), attrs.to_string())?;
        }
        Ok(Self { paths })
    }
}

/// What files are made of: bytes that no file system stores in less room.
fn bytes() -> Vec<u8> {
    let mut numbers = Numbers::new(0);
    (0..1 << 17).flat_map(|_| numbers.draw().to_le_bytes()).collect()
}

/// One store path to make.
struct StorePath<'t> {
    path: &'t Path,
    index: usize,
    shape: Shape,
    bytes: &'t [u8],
}

impl StorePath<'_> {
    /// Gives the bytes of its files.
    fn make(&self) -> Result<u64> {
        let Shape { paths, files, bytes, kinds, .. } = self.shape;
        let first = self.index * files / paths;
        let end = (self.index + 1) * files / paths;
        let mut numbers = Numbers::new(self.index);
        let mut plain = self.path.to_owned();
        let mut written = 0;
        fs::create_dir(self.path)?;
        for number in 0..end - first {
            let directory = match kinds {
                Kinds::Same => self.path.to_owned(),
                Kinds::Mixed => self.path.join(format!("share/part-{}", number / IN_DIRECTORY)),
            };
            if number % IN_DIRECTORY == 0 {
                fs::create_dir_all(&directory)?;
            }
            let file = directory.join(format!("file-{number}"));
            let average = bytes / files as u64;
            if kinds == Kinds::Same {
                self.write(&file, average, &mut numbers)?;
                written += average;
                fs::set_permissions(&file, Permissions::from_mode(0o444))?;
                continue;
            }
            match number % 20 {
                1 => symlink(format!("file-{}", number - 1), &file)?,
                2 => symlink(&plain, &file)?,
                3 => fs::hard_link(&plain, &file)?,
                kind => {
                    // Three of twenty are links, which have no bytes of their own.
                    let average = average * 20 / 17;
                    let size = skewed(average, &mut numbers);
                    let mode = if kind < 7 { 0o555 } else { 0o444 };
                    self.write(&file, size, &mut numbers)?;
                    written += size;
                    fs::set_permissions(&file, Permissions::from_mode(mode))?;
                    plain = file;
                }
            }
        }
        Ok(written)
    }

    fn write(&self, path: &Path, size: u64, numbers: &mut Numbers) -> Result<()> {
        let mut file = File::create_new(path)?;
        let mut left = usize::try_from(size)?;
        while left > 0 {
            // From another place each time, so that no two files are the same.
            let from = numbers.below(self.bytes.len() / 2);
            let part = &self.bytes[from..self.bytes.len().min(from + left)];
            file.write_all(part)?;
            left -= part.len();
        }
        Ok(())
    }
}

/// A size that is small for most files and large for a few, with this average: one unit for half of the files, two for
/// a quarter, and so on, each step with half as many files of twice the size; the last step takes what is left.
fn skewed(average: u64, numbers: &mut Numbers) -> u64 {
    const STEPS: u32 = 9;
    let step = numbers.draw().trailing_ones().min(STEPS);
    // Each step but the last adds half a unit to the average. The last has twice the files of such a step: one unit.
    let unit = average * 2 / u64::from(STEPS + 2);
    unit << step
}
