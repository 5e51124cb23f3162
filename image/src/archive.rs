//! An image as one archive that every client loads: a layout, with Docker's `manifest.json` in it. Its layers are not compressed, so it
//! has the same configuration as the recipe's image, and another manifest.

use std::io::Write;

use anyhow::{Context, Result};
use serde_json::json;

use crate::compression::Compression;
use crate::digest::Digest;
use crate::documents::{Documents, INDEX_FILE, VERSION, VERSION_FILE, blob_path};
use crate::manifest::Document;
use crate::recipe::Recipe;
use crate::tar::{self, Kind, Member};

/// Docker's list of images (moby, image/spec, "Combined Image JSON + Filesystem Changeset Format").
const MANIFEST_FILE: &str = "manifest.json";

/// Writes the archive.
///
/// # Errors
/// What cannot be read or written; a store path that has changed.
pub fn write(recipe: &Recipe, mut out: impl Write) -> Result<()> {
    recipe.ensure_store_paths()?;
    let Documents { index, manifest, config } = recipe.documents(Compression::None);
    let writing = "writing the archive";
    for directory in ["blobs", "blobs/sha256"] {
        let member = Member { path: directory.as_bytes(), mode: 0o755, uid: 0, gid: 0, kind: Kind::Directory };
        tar::write_member(&mut out, &member).context(writing)?;
    }
    write_file(&mut out, VERSION_FILE, VERSION.as_bytes())?;
    write_file(&mut out, INDEX_FILE, &index.bytes)?;
    write_file(&mut out, MANIFEST_FILE, docker_manifest(recipe, &config).to_string().as_bytes())?;
    for Document { bytes, digest } in [&manifest, &config] {
        write_file(&mut out, &name(digest), bytes)?;
    }
    // A blob is there once, whoever names it.
    let mut written = std::collections::BTreeSet::new();
    for layer in &recipe.layers {
        if !written.insert(&layer.blob.diff_id) {
            continue;
        }
        start_file(&mut out, &name(&layer.blob.diff_id), layer.blob.archive_size)?;
        out = layer.blob.write_archive_again(&layer.layer, out)?;
    }
    tar::write_end(&mut out).context(writing)?;
    out.flush().context(writing)
}

fn docker_manifest(recipe: &Recipe, config: &Document) -> serde_json::Value {
    let layers: Vec<_> = recipe.layers.iter().map(|layer| name(&layer.blob.diff_id)).collect();
    json!([{
        "Config": name(&config.digest),
        "RepoTags": [format!("{}:{}", recipe.name, recipe.tag)],
        "Layers": layers,
    }])
}

fn name(digest: &Digest) -> String {
    blob_path(digest).to_string_lossy().into_owned()
}

fn start_file(out: &mut impl Write, name: &str, size: u64) -> Result<()> {
    let member = Member { path: name.as_bytes(), mode: 0o444, uid: 0, gid: 0, kind: Kind::File(size) };
    tar::write_member(out, &member).context("writing the archive")
}

fn write_file(out: &mut impl Write, name: &str, bytes: &[u8]) -> Result<()> {
    start_file(out, name, bytes.len() as u64)?;
    tar::write_content(out, &mut &bytes[..], bytes.len() as u64)
}
