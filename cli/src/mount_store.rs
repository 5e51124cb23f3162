//! The verb `mount-store`: a hook that mounts the store paths of a container.

use std::io;

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use clap::Args;
use oci_bundle::runner;

/// Mount the store paths of a container. A runtime starts this as a hook of `run`.
#[derive(Args)]
#[command(hide = true)]
pub struct StoreOptions {
    /// The directory that the runtime takes for the bundle
    place: Utf8PathBuf,
}

/// Mounts them.
pub fn mount_store(options: StoreOptions) -> Result<()> {
    // The state of the container, which a runtime may fail to hand over if nobody reads it.
    io::copy(&mut io::stdin(), &mut io::sink()).context("reading the state of the container")?;
    runner::mount_store(&options.place)
}
