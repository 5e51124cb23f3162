//! `image-attrs GRAPH COMPRESSION OUT` prints the structured attributes of a recipe to be made as OUT, which say what Nix would.

use std::fs;

use anyhow::{Context, Result, bail};
use oci_bundle_benchmarks::{closure, graph};
use serde_json::{Value, json};

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [file, compression, out] = arguments.as_slice() else { bail!("want a graph, a compression and an output") };
    let graph = graph::decode(&fs::read(file).with_context(|| format!("reading '{file}'"))?)?;
    let node = |node: &oci_bundle_builder::plan::derivation::closure::Node| -> Value {
        json!({ "path": node.path, "references": node.references, "narSize": node.size, "closureSize": node.size })
    };
    let mut attrs = closure::attrs(closure::container(), &[], out.as_ref());
    attrs["containerName"] = json!("benchmark");
    attrs["image"] = json!({ "image": { "compression": compression } });
    attrs["closure"] = graph.iter().map(node).collect();
    println!("{attrs}");
    Ok(())
}
