//! The verb `write-closure`: lists the store paths of a closure, for `container.closure`.

use std::fs;

use anyhow::{Context, Result, anyhow};
use camino::Utf8PathBuf;
use clap::Args;
use oci_bundle_builder::plan::derivation::attrs::{self, ClosureAttrs};
use oci_bundle_builder::plan::derivation::closure::Closure;
use oci_bundle_builder::plan::derivation::store::StoreDir;

/// Where Nix puts what a derivation says. All of it comes from the environment that Nix gives a builder.
#[derive(Args)]
pub struct ClosureOptions {
    /// The derivation's structured attributes
    #[arg(long, value_name = "FILE", env = "NIX_ATTRS_JSON_FILE")]
    pub attrs: Option<Utf8PathBuf>,

    /// The build directory, whose .attrs.json is read if the file above is not there
    #[arg(long, value_name = "DIRECTORY", env = "NIX_BUILD_TOP")]
    pub build_dir: Option<Utf8PathBuf>,

    /// The store directory
    #[arg(long, value_name = "DIRECTORY", env = "NIX_STORE", default_value = "/nix/store")]
    pub store_dir: String,
}

impl ClosureOptions {
    fn store_dir(&self) -> Result<StoreDir> {
        StoreDir::new(&self.store_dir).map_err(|reason| anyhow!("NIX_STORE: found '{}', {reason}", self.store_dir))
    }
}

/// A line for each store path, sorted.
pub fn write_closure(options: &ClosureOptions) -> Result<()> {
    let attrs: ClosureAttrs = attrs::read(options.attrs.as_deref(), options.build_dir.as_deref())?;
    let closure = Closure::decode(&attrs.closure, &options.store_dir()?)?;
    let paths: Vec<_> = closure.directories().map(|path| path.display().to_string() + "\n").collect();
    fs::write(&attrs.outputs.out, paths.concat()).with_context(|| format!("writing '{}'", attrs.outputs.out))
}
