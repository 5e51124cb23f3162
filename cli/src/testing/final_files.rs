//! The root file system that a container leaves: what it wrote, over what the bundle has.

use std::fs::{self, Metadata};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use oci_bundle_builder::plan::definition::container_path::ContainerPath;
use oci_bundle_builder::plan::resolve::{ByPath, Content, Entry, File, try_resolve};

/// The largest file that is compared, in bytes.
const LARGEST: u64 = 8 << 20;

/// Two directories, of which the upper one hides what it has of the lower one (overlayfs.rst, "Upper and Lower").
pub struct FinalFiles {
    upper: PathBuf,
    lower: PathBuf,
}

impl FinalFiles {
    /// Those of a run with this `--state` directory, of a bundle with this root.
    pub fn new(state: &Path, root: PathBuf) -> Self {
        Self { upper: state.join("upper"), lower: root }
    }

    /// What is in a file; `None` if there is nothing of this name. Links are followed as in the container.
    ///
    /// # Errors
    /// What cannot be read, or is no file.
    pub fn read(&self, path: &ContainerPath) -> Result<Option<Vec<u8>>> {
        let tree = ByPath(|place: &Path| self.lstat(place));
        let found = try_resolve(&tree, path.as_path().as_std_path())?;
        match found.map(|found| found.entry) {
            None | Some(Entry::Nothing) => Ok(None),
            Some(Entry::File(File { content: Content::CopyOf(file), .. })) => {
                let reading = || format!("reading '{}'", file.display());
                let mut bytes = Vec::new();
                let opened = fs::File::open(&file).with_context(reading)?;
                opened.take(LARGEST + 1).read_to_end(&mut bytes).with_context(reading)?;
                ensure!(
                    bytes.len() as u64 <= LARGEST,
                    "it is larger than {LARGEST} bytes, which is more than is compared"
                );
                Ok(Some(bytes))
            }
            Some(Entry::Directory) => bail!("it is a directory, want a file"),
            Some(_) => bail!("it is no file"),
        }
    }

    fn lstat(&self, place: &Path) -> Result<Entry> {
        let inside = place.strip_prefix("/").unwrap_or(place);
        let upper = self.upper.join(inside);
        if let Some(metadata) = metadata(&upper)? {
            return entry(&upper, &metadata);
        }
        // A directory that was made anew shows nothing of the one below.
        let mut above = inside.ancestors().skip(1).map(|above| self.upper.join(above));
        let hides = |directory: &Path| {
            let is_opaque = ["user.overlay.opaque", "trusted.overlay.opaque"].iter().any(|name| {
                let mut value = [0; 1];
                rustix::fs::lgetxattr(directory, *name, &mut value[..]) == Ok(1) && value == *b"y"
            });
            is_opaque || matches!(metadata(directory), Ok(Some(found)) if !found.is_dir())
        };
        if above.any(|directory| hides(&directory)) {
            return Ok(Entry::Nothing);
        }
        let lower = self.lower.join(inside);
        metadata(&lower)?.map_or(Ok(Entry::Nothing), |metadata| entry(&lower, &metadata))
    }
}

fn metadata(path: &Path) -> Result<Option<Metadata>> {
    match path.symlink_metadata() {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        metadata => metadata.map(Some).with_context(|| format!("reading the metadata of '{}'", path.display())),
    }
}

fn entry(path: &Path, metadata: &Metadata) -> Result<Entry> {
    let kind = metadata.file_type();
    Ok(if kind.is_char_device() && metadata.rdev() == 0 {
        // A whiteout: it was removed.
        Entry::Nothing
    } else if kind.is_symlink() {
        Entry::Link(fs::read_link(path).with_context(|| format!("reading the link '{}'", path.display()))?)
    } else if kind.is_dir() {
        Entry::Directory
    } else if kind.is_file() {
        Entry::File(File { content: Content::CopyOf(path.to_owned()), executable: metadata.mode() & 0o111 != 0 })
    } else {
        bail!("it is neither a file, a directory nor a link")
    })
}
