//! An image, or an index of images, as a directory (image-spec, image-layout.md).

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use rayon::prelude::*;

use crate::compression::Compression;
use crate::digest::Digest;
use crate::documents::{self, blob_path};
use crate::progress::Progress;
use crate::recipe::RecipeLayer;
use crate::source::Source;

/// Writes the whole layout into the new directory, and says how far it is. If that fails, nothing is left of it.
///
/// # Errors
/// What cannot be read or written; a store path that has changed.
pub fn write(source: &Source, directory: &Path) -> Result<()> {
    fs::create_dir(directory).with_context(|| format!("making the directory '{}'", directory.display()))?;
    let written = write_into(source, directory);
    if written.is_err() {
        let _ = fs::remove_dir_all(directory);
    }
    written
}

fn write_into(source: &Source, directory: &Path) -> Result<()> {
    source.ensure_store_paths()?;
    documents::write(&source.files(), directory)?;
    let blobs: Vec<_> = source.blobs().collect();
    let progress = Progress::new(blobs.iter().map(|(layer, ..)| *layer), |layer| layer.blob.size);
    let write_blob = |(layer, compression, digest): (&RecipeLayer, Compression, &Digest)| {
        let path = directory.join(blob_path(digest));
        let writing = || format!("writing '{}'", path.display());
        let file = BufWriter::with_capacity(1 << 20, progress.counted(File::create(&path).with_context(writing)?));
        let mut file = layer.blob.write_again(&layer.layer, compression, file)?;
        file.flush().with_context(writing)?;
        progress.layer();
        Ok(())
    };
    progress.shown(|| blobs.par_iter().copied().with_max_len(1).try_for_each(write_blob))
}
