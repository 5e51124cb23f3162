//! An image as a directory (image-spec, image-layout.md).

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use rayon::prelude::*;

use crate::documents::blob_path;
use crate::recipe::{Recipe, RecipeLayer};

/// Writes the whole layout into the new directory. If that fails, nothing is left of it.
///
/// # Errors
/// What cannot be read or written; a store path that has changed.
pub fn write(recipe: &Recipe, directory: &Path) -> Result<()> {
    fs::create_dir(directory).with_context(|| format!("making the directory '{}'", directory.display()))?;
    let written = write_into(recipe, directory);
    if written.is_err() {
        let _ = fs::remove_dir_all(directory);
    }
    written
}

fn write_into(recipe: &Recipe, directory: &Path) -> Result<()> {
    recipe.ensure_store_paths()?;
    recipe.documents(recipe.compression).write(directory)?;
    let write_layer = |RecipeLayer { layer, blob }: &RecipeLayer| {
        let path = directory.join(blob_path(&blob.digest));
        let writing = || format!("writing '{}'", path.display());
        let file = BufWriter::with_capacity(1 << 20, File::create(&path).with_context(writing)?);
        let mut file = blob.write_again(layer, recipe.compression, file)?;
        file.flush().with_context(writing)
    };
    recipe.layers.par_iter().with_max_len(1).try_for_each(write_layer)
}
