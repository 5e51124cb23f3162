//! The verb `layers`: says what is in each layer of an image, and what a push would send.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use clap::Args;
use oci_bundle_builder::plan::diagnostics::text;
use oci_bundle_image::layer::Layer;
use oci_bundle_image::recipe::Recipe;

#[derive(Args)]
pub struct LayersOptions {
    /// The recipe
    recipe: Utf8PathBuf,

    /// The recipe of an image that the registry has already
    #[arg(long, value_name = "RECIPE")]
    against: Option<Utf8PathBuf>,
}

/// Prints a line for each layer, and one for all.
pub fn list_layers(options: &LayersOptions) -> Result<()> {
    let recipe = Recipe::read(&options.recipe)?;
    let old = options.against.as_ref().map(|path| Recipe::read(path)).transpose()?;
    let there: BTreeSet<_> = old.iter().flat_map(|old| &old.layers).map(|layer| &layer.blob.digest).collect();
    let (mut count, mut bytes) = (0, 0);
    let mut lines = Vec::new();
    for layer in &recipe.layers {
        let is_there = there.contains(&layer.blob.digest);
        if !is_there {
            count += 1;
            bytes += layer.blob.size;
        }
        let mark = match (&old, is_there) {
            (None, _) => "",
            (_, true) => "  there",
            (_, false) => "  sent ",
        };
        lines.push(format!("{:>12}{mark}  {}: {}", layer.blob.size, layer.layer.reason, content(&layer.layer)));
    }
    lines.push(format!("{bytes:>12}  bytes in {count} of {} layers are what a push sends", recipe.layers.len()));
    let lines: Vec<_> = lines.iter().map(|line| text::escaped(line) + "\n").collect();
    std::io::stdout().write_all(lines.concat().as_bytes()).context("writing to standard output")
}

/// The first of what is in a layer, and how many more there are.
fn content(layer: &Layer) -> String {
    let names = layer.paths.iter().chain(layer.files.iter().map(|file| &file.path));
    let names: Vec<_> = names.map(|path| path.display().to_string()).collect();
    let more = names.len().saturating_sub(1);
    let first = names.into_iter().next().unwrap_or_default();
    if more == 0 { first } else { format!("{first} and {more} more") }
}
