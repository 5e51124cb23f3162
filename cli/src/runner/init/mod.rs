//! The first process of a container, where that is an init that starts the program.
//!
//! A bundle says so in an annotation, and has the init's words in front of the program's in `process.args`. What does not begin with
//! them is the program's alone, whatever the annotation says.

mod host_init;

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use oci_bundle_builder::plan::definition::run_settings::{ANNOTATION, RunSettings};
use serde_json::Value;

pub use self::host_init::HostInit;
use super::files::SearchPath;
use crate::runner::runtime_config::RuntimeConfig;

/// That a container without an init is to have one of the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InitOption {
    /// The init that was asked for; the first of those known on PATH if there is none.
    pub program: Option<Utf8PathBuf>,
}

impl InitOption {
    /// Puts an init of the host in front of the program, unless the bundle has one.
    ///
    /// # Errors
    /// There is no init that works in any container, or no program.
    pub fn put_into(&self, config: &mut RuntimeConfig, search_path: &SearchPath) -> Result<()> {
        if words_of_init(config)? == 0 {
            HostInit::find(self.program.as_deref(), search_path)?.put_into(config)?;
        }
        Ok(())
    }
}

/// How many of the first words of `process.args` are an init's.
///
/// # Errors
/// An annotation that says nothing.
pub fn words_of_init(config: &RuntimeConfig) -> Result<usize> {
    let Some(text) = config["annotations"][ANNOTATION].as_str() else { return Ok(0) };
    let settings =
        RunSettings::from_annotation(text).with_context(|| format!("config.json: annotations.\"{ANNOTATION}\""))?;
    let Some(init) = settings.init else { return Ok(0) };
    let words = init.words();
    let args = config["process"]["args"].as_array().into_iter().flatten();
    // A program is behind it.
    let begins = args.clone().count() > words.len() && args.zip(words).all(|(argument, word)| *argument == word);
    Ok(if begins { words.len() } else { 0 })
}

/// Takes the init away from the program, for one more process of a container, which has its first.
///
/// # Errors
/// An annotation that says nothing.
pub fn remove_init(config: &mut RuntimeConfig) -> Result<()> {
    let count = words_of_init(config)?;
    let args = config.process_mut().and_then(|process| process.get_mut("args")).and_then(Value::as_array_mut);
    if let Some(args) = args {
        args.drain(..count);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
