//! What of an image is no layer, and where a layout has it (image-spec, image-layout.md).

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::digest::Digest;
use crate::manifest::Document;

/// The file that says which version of a layout it is.
pub const VERSION_FILE: &str = "oci-layout";
/// Its content.
pub const VERSION: &str = "{\"imageLayoutVersion\":\"1.0.0\"}";
/// The file that names the images.
pub const INDEX_FILE: &str = "index.json";

/// The path of a blob in a layout.
pub fn blob_path(digest: &Digest) -> PathBuf {
    Path::new("blobs/sha256").join(digest.hex())
}

/// The documents of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents {
    /// The index of its layout.
    pub index: Document,
    /// The manifest.
    pub manifest: Document,
    /// The configuration.
    pub config: Document,
}

impl Documents {
    /// The files of a layout that these are, by their paths, in the order in which an archive has them.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let blob = |document: &Document| (blob_path(&document.digest), document.bytes.clone());
        vec![
            (VERSION_FILE.into(), VERSION.as_bytes().to_vec()),
            (INDEX_FILE.into(), self.index.bytes.clone()),
            blob(&self.manifest),
            blob(&self.config),
        ]
    }
}

/// Writes the files of a layout into a directory.
///
/// # Errors
/// What cannot be written.
pub fn write(files: &[(PathBuf, Vec<u8>)], directory: &Path) -> Result<()> {
    let blobs = directory.join("blobs/sha256");
    fs::create_dir_all(&blobs).with_context(|| format!("making the directory '{}'", blobs.display()))?;
    files.iter().try_for_each(|(path, bytes)| write_file(&directory.join(path), bytes))
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("writing '{}'", path.display()))
}
