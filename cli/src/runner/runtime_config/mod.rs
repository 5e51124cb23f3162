//! A bundle's config.json, which any tool may have made.

mod bounds;
mod document;
mod field_names;
mod lists;
mod mount;
mod mounts;
mod unsupported;

use anyhow::{Result, bail};

pub use self::document::RuntimeConfig;
pub use self::mount::{Mount, normal};
pub use self::mounts::guard;

/// Refuses a document that no run can follow, or that runtimes read in different ways.
///
/// # Errors
/// The first mistake.
pub fn validate(config: &RuntimeConfig) -> Result<()> {
    if let Some(ambiguous) = field_names::find_ambiguous(config.as_value()) {
        bail!("{ambiguous}");
    }
    bounds::check(config)?;
    mounts::check(config)?;
    unsupported::check(config)
}
