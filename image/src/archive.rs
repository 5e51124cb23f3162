//! An image as one archive that every client loads: a layout, with Docker's `manifest.json` in it. Its layers are not compressed, so it
//! has the same configuration as the recipe's image, and another manifest. That of an index of images has no `manifest.json`, in which
//! Docker knows no platforms.

use std::io::Write;

use anyhow::{Context, Result};
use serde_json::json;

use crate::digest::{Digest, HashedApart, Mismatch};
use crate::documents::blob_path;
use crate::progress::Progress;
use crate::recipe::{Recipe, RecipeLayer};
use crate::source::Source;
use crate::tar::{self, Kind, Member};

/// Docker's list of images (moby, image/spec, "Combined Image JSON + Filesystem Changeset Format").
const MANIFEST_FILE: &str = "manifest.json";

/// Writes the archive, and says how far it is.
///
/// # Errors
/// What cannot be read or written; a store path that has changed.
pub fn write(source: Source, out: impl Write) -> Result<()> {
    source.ensure_store_paths()?;
    let source = source.uncompressed();
    let layers: Vec<_> = source.blobs().map(|(layer, ..)| layer).collect();
    let progress = Progress::new(layers.iter().copied(), |layer| layer.blob.archive_size);
    let mut out = HashedApart::new(progress.counted(out));
    let written = progress.shown(|| write_members(&source, &layers, &mut out, &progress));
    if let Some(Mismatch { number, found }) = out.check().context("hashing a layer")? {
        let RecipeLayer { layer, blob } = layers[number];
        blob.ensure_archive(layer, &found)?;
    }
    written?;
    out.finish().and_then(|mut out| out.flush()).context("writing the archive")
}

/// Writes all but what `out` holds back until the digests of the layers are checked.
fn write_members(
    source: &Source,
    layers: &[&RecipeLayer],
    out: &mut HashedApart<impl Write>,
    progress: &Progress,
) -> Result<()> {
    let writing = "writing the archive";
    for directory in ["blobs", "blobs/sha256"] {
        let member = Member { mode: 0o755, ..Member::new(directory.as_bytes(), Kind::Directory) };
        tar::write_member(out, &member).context(writing)?;
    }
    let mut files = source.files();
    if let [(recipe, documents)] = &source.images[..] {
        if !source.is_index {
            let manifest = docker_manifest(recipe, &documents.config.digest).to_string();
            files.insert(2, (MANIFEST_FILE.into(), manifest.into_bytes()));
        }
    }
    for (path, bytes) in &files {
        write_file(out, &path.to_string_lossy(), bytes)?;
    }
    for RecipeLayer { layer, blob } in layers {
        start_file(out, &name(&blob.diff_id), blob.archive_size)?;
        out.begin().context(writing)?;
        layer.write(out)?;
        out.end(&blob.diff_id).context(writing)?;
        progress.layer();
    }
    tar::write_end(out).context(writing)
}

fn docker_manifest(recipe: &Recipe, config: &Digest) -> serde_json::Value {
    let layers: Vec<_> = recipe.layers.iter().map(|layer| name(&layer.blob.diff_id)).collect();
    json!([{
        "Config": name(config),
        "RepoTags": [format!("{}:{}", recipe.name, recipe.tag)],
        "Layers": layers,
    }])
}

fn name(digest: &Digest) -> String {
    blob_path(digest).to_string_lossy().into_owned()
}

fn start_file(out: &mut impl Write, name: &str, size: u64) -> Result<()> {
    let member = Member::new(name.as_bytes(), Kind::File(size));
    tar::write_member(out, &member).context("writing the archive")
}

fn write_file(out: &mut impl Write, name: &str, bytes: &[u8]) -> Result<()> {
    start_file(out, name, bytes.len() as u64)?;
    tar::write_content(out, &mut &bytes[..], bytes.len() as u64)
}
