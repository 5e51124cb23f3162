//! The verb `build`: makes the recipe of an image.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use oci_bundle_builder::attrs_options::AttrsOptions;
use oci_bundle_builder::plan::ContainerPlan;
use oci_bundle_builder::plan::definition::Definition;
use oci_bundle_builder::plan::derivation::attrs::Attrs;
use oci_bundle_builder::plan::derivation::closure::Closure;
use oci_bundle_builder::plan::diagnostics::text;
use oci_bundle_image::options::ImageOptions;
use oci_bundle_image::recipe::Recipe;
use oci_bundle_image::uncarried;
use serde::Deserialize;
use serde_json::Value;

use crate::{NAME, say};

#[derive(Args)]
pub struct BuildOptions {
    #[command(flatten)]
    attrs: AttrsOptions,

    /// How many cores to use; 0 for all
    #[arg(long, value_name = "NUMBER", env = "NIX_BUILD_CORES", default_value_t = 0)]
    cores: usize,
}

/// What nix/lib/outputs/image.nix puts into the derivation.
#[derive(Deserialize)]
struct ImageAttrs {
    #[serde(flatten)]
    container: Attrs,
    /// The container's name.
    #[serde(rename = "containerName")]
    name: String,
    /// What only an image uses: the argument `image`, and others.
    image: Value,
}

/// Decode, plan, hash, write.
pub fn build(options: &BuildOptions) -> Result<()> {
    let start = Instant::now();
    let store_dir = options.attrs.store_dir()?;
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.cores).use_current_thread();
    let _threads = threads.build().context("starting threads")?;
    let ImageAttrs { container, name, image } = options.attrs.read()?;
    let mut image = ImageOptions::decode(&image, &name)?;
    let uncarried = uncarried::find(&container.container);
    if let Some(line) = uncarried::line(&uncarried) {
        say(&text::escaped(&format!("{NAME}: warning: {line}")));
        image.annotations.insert(uncarried::ANNOTATION.to_owned(), Value::from(uncarried).to_string());
    }
    let definition = Definition::decode(&container.container, &container.host_system)?;
    let closure = Closure::decode(&container.closure, &store_dir)?;
    let plan = ContainerPlan::new(&name, &definition, &closure)?;
    if closure.sizes().contains(&0) {
        bail!("Nix does not say how large the store paths are; want Nix 2.4 or later");
    }
    let recipe = Recipe::new(&plan, &image, &container.host_system)?;
    recipe.write(&container.outputs.out)?;
    let bytes: u64 = recipe.layers.iter().map(|layer| layer.blob.size).sum();
    let (count, seconds) = (recipe.layers.len(), start.elapsed().as_secs_f64());
    say(&format!("oci-bundle: {count} layers, {:.1} MiB, in {seconds:.2} s", mebibytes(bytes)));
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "it is shown with one digit")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
