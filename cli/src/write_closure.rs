//! The verb `write-closure`: lists the store paths of a closure, for `container.closure`.

use std::fs;

use anyhow::{Context, Result};
use clap::Args;
use oci_bundle_builder::attrs_options::AttrsOptions;
use oci_bundle_builder::plan::derivation::attrs::ClosureAttrs;
use oci_bundle_builder::plan::derivation::closure::Closure;

/// List a closure. Nix calls this for `container.closure`.
#[derive(Args)]
#[command(hide = true)]
pub struct ClosureOptions {
    #[command(flatten)]
    attrs: AttrsOptions,
}

/// A line for each store path, sorted.
pub fn write_closure(options: &ClosureOptions) -> Result<()> {
    let attrs: ClosureAttrs = options.attrs.read()?;
    let closure = Closure::decode(&attrs.closure, &options.attrs.store_dir()?)?;
    let paths: Vec<_> = closure.directories().map(|path| path.display().to_string() + "\n").collect();
    fs::write(&attrs.outputs.out, paths.concat()).with_context(|| format!("writing '{}'", attrs.outputs.out))
}
