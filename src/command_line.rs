//! The command line, which Nix calls.

use clap::{Args, Parser, Subcommand};
use oci_bundle_builder::attrs_options::AttrsOptions;

use crate::write_nix_database::NixDatabaseOptions;

/// Build OCI runtime bundles from Nix closures.
#[derive(Parser)]
#[command(version)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Build a bundle. Nix runs this as the builder of a buildContainer derivation.
    Build(BuildOptions),
    /// Make the Nix database of a closure. Nix runs this for a container with `nixDatabase = true`.
    WriteNixDatabase(NixDatabaseOptions),
}

#[derive(Args)]
pub struct BuildOptions {
    #[command(flatten)]
    pub attrs: AttrsOptions,

    /// The number of threads; 0 means one per core
    #[arg(long, value_name = "NUMBER", env = "NIX_BUILD_CORES", default_value_t = 0)]
    pub cores: usize,
}
