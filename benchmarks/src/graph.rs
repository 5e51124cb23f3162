//! Reference graphs, as Nix writes them and as `make-tree` does.

use anyhow::{Context, Result};
use oci_bundle_builder::plan::derivation::closure::Node;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    /// What `nix path-info --json --recursive` prints.
    Nix(Vec<Node>),
    /// What `make-tree` writes.
    Attrs { closure: Vec<Node> },
}

/// A graph whose store paths are all in /nix/store, where images have them.
///
/// # Errors
/// It is none.
pub fn decode(file: &[u8]) -> Result<Vec<Node>> {
    let file: File = serde_json::from_slice(file).context("want a reference graph")?;
    let (File::Nix(mut graph) | File::Attrs { closure: mut graph }) = file;
    let moved = |path: &mut String| *path = format!("/nix/store/{}", path.rsplit('/').next().unwrap_or_default());
    for node in &mut graph {
        moved(&mut node.path);
        node.references.iter_mut().for_each(moved);
    }
    Ok(graph)
}
