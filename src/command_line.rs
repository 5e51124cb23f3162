//! The command line, which Nix calls.

use anyhow::{Result, anyhow};
use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand};
use oci_bundle_builder::plan::derivation::store::StoreDir;

/// Builds OCI runtime bundles from Nix closures.
#[derive(Parser)]
#[command(version, about)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Builds a bundle. Nix runs this as the builder of a buildContainer derivation.
    Build(BuildOptions),
}

/// Where Nix puts what a derivation says. All of it comes from the environment that Nix gives a builder.
#[derive(Args)]
pub struct AttrsOptions {
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

#[derive(Args)]
pub struct BuildOptions {
    #[command(flatten)]
    pub attrs: AttrsOptions,

    /// The number of threads; 0 for one a core
    #[arg(long, value_name = "NUMBER", env = "NIX_BUILD_CORES", default_value_t = 0)]
    pub cores: usize,
}

impl AttrsOptions {
    pub fn store_dir(&self) -> Result<StoreDir> {
        StoreDir::new(&self.store_dir).map_err(|reason| anyhow!("NIX_STORE: found '{}', {reason}", self.store_dir))
    }
}
