//! The verb `remove`: forgets detached containers that have ended.

use anyhow::Result;
use clap::Args;

use crate::monitor::registry;

#[derive(Args)]
pub struct RemoveOptions {
    /// The containers
    #[arg(required = true)]
    names: Vec<String>,
}

/// Removes their records and logs.
pub fn remove(options: &RemoveOptions) -> Result<()> {
    let registry = registry()?;
    registry.find_all(&options.names)?.iter().try_for_each(|found| registry.forget(found))
}
