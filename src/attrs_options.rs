//! The options of a program that Nix calls as a builder.

use anyhow::{Result, anyhow};
use camino::Utf8PathBuf;
use clap::Args;
use serde::de::DeserializeOwned;

use crate::plan::derivation::attrs;
use crate::plan::derivation::store::StoreDir;

/// Where Nix puts what a derivation says. All of it comes from the environment that Nix gives a builder.
#[derive(Args, Clone, Debug)]
pub struct AttrsOptions {
    /// The derivation's structured attributes
    #[arg(long, value_name = "FILE", env = "NIX_ATTRS_JSON_FILE")]
    pub attrs: Option<Utf8PathBuf>,

    /// The build directory; its .attrs.json is read if the file above does not exist
    #[arg(long, value_name = "DIRECTORY", env = "NIX_BUILD_TOP")]
    pub build_dir: Option<Utf8PathBuf>,

    /// The store directory
    #[arg(long, value_name = "DIRECTORY", env = "NIX_STORE", default_value = "/nix/store")]
    pub store_dir: String,
}

impl AttrsOptions {
    /// Reads the structured attributes.
    ///
    /// # Errors
    /// A file that is missing, cannot be read, or is not of one of our derivations.
    pub fn read<A: DeserializeOwned>(&self) -> Result<A> {
        attrs::read(self.attrs.as_deref(), self.build_dir.as_deref())
    }

    /// The store.
    ///
    /// # Errors
    /// What is no absolute path of a directory.
    pub fn store_dir(&self) -> Result<StoreDir> {
        StoreDir::new(&self.store_dir).map_err(|reason| anyhow!("NIX_STORE: found '{}', {reason}", self.store_dir))
    }
}
