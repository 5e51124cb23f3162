//! A bundle's config.json, which any tool may have made.

mod bounds;
mod field_names;
pub mod mounts;
mod unsupported;

use anyhow::{Result, bail};
use serde_json::Value;

/// Refuses a document that no run can follow, or that runtimes read in different ways.
///
/// # Errors
/// The first mistake.
pub fn validate(document: &Value) -> Result<()> {
    if let Some(ambiguous) = field_names::find_ambiguous(document) {
        bail!("{ambiguous}");
    }
    bounds::check(document)?;
    mounts::check(document)?;
    unsupported::check(document)
}
