//! The verb `mount-store`: a hook that mounts the store paths of a container.

use anyhow::Result;
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
    runner::mount_store(&options.place)
}
