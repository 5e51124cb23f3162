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
    /// Writes them into a directory.
    ///
    /// # Errors
    /// What cannot be written.
    pub fn write(&self, directory: &Path) -> Result<()> {
        let blobs = directory.join("blobs/sha256");
        fs::create_dir_all(&blobs).with_context(|| format!("making the directory '{}'", blobs.display()))?;
        for Document { bytes, digest } in [&self.manifest, &self.config] {
            write_file(&directory.join(blob_path(digest)), bytes)?;
        }
        write_file(&directory.join(INDEX_FILE), &self.index.bytes)?;
        write_file(&directory.join(VERSION_FILE), VERSION.as_bytes())
    }
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("writing '{}'", path.display()))
}
