//! The verb `build-index`: makes an index of images, for `imageIndex`.

use anyhow::{Result, ensure};
use camino::Utf8PathBuf;
use clap::Args;
use oci_bundle_builder::attrs_options::AttrsOptions;
use oci_bundle_builder::plan::derivation::attrs::Outputs;
use oci_bundle_image::options::ImageOptions;
use oci_bundle_image::source::IndexRecipe;
use serde::Deserialize;
use serde_json::Value;

#[derive(Args)]
pub struct IndexOptions {
    #[command(flatten)]
    attrs: AttrsOptions,
}

/// What nix/lib/image-index.nix puts into the derivation.
#[derive(Deserialize)]
struct IndexAttrs {
    recipes: Vec<Utf8PathBuf>,
    /// The name and the tag, as in the argument `image`.
    image: Value,
    #[serde(rename = "indexName")]
    name: String,
    outputs: Outputs,
}

/// Names the recipes, and makes the index.
pub fn build_index(options: &IndexOptions) -> Result<()> {
    let IndexAttrs { recipes, image, name, outputs } = options.attrs.read()?;
    ensure!(!recipes.is_empty(), "images: found an empty list, want images, such as [ container.image ]");
    let image = ImageOptions::decode(&image, &name)?;
    IndexRecipe::new(image.name, image.tag, recipes).write(&outputs.out)
}
