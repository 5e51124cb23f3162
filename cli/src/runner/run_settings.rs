//! What a run needs beyond the runtime specification: an annotation of config.json has it, and anybody may have made that.

use anyhow::{Context, Result};
use oci_bundle_builder::plan::definition::run_settings::{ANNOTATION, RunSettings};

use crate::runner::runtime_config::RuntimeConfig;

/// What the bundle says.
///
/// # Errors
/// The annotation is none that a build has written.
pub fn run_settings(config: &RuntimeConfig) -> Result<RunSettings> {
    let Some(text) = config["annotations"][ANNOTATION].as_str() else { return Ok(RunSettings::default()) };
    RunSettings::from_annotation(text).with_context(|| format!("config.json: annotations.{ANNOTATION:?}"))
}
