//! The process: its arguments, environment and limits (config.md, "Process").

use std::collections::BTreeSet;

use crate::plan::definition::process::{check_length, decode_cwd};
use crate::plan::diagnostics::{ArgumentError, Field};
use crate::plan::runtime_config::RuntimeConfig;

/// Checks the process.
///
/// # Errors
/// The first [`ArgumentError`].
pub fn check(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    config.find("process.cwd").first().map(decode_cwd).transpose()?;
    for text in ["process.args[]", "process.env[]"].iter().flat_map(|pattern| config.find(pattern)) {
        check_length(text.path(), text.string()?.len())?;
    }
    environment(config)?;
    rlimits(config)
}

fn environment(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    let mut names = BTreeSet::new();
    for variable in config.find("process.env[]") {
        let parts = variable.string()?.split_once('=').filter(|(name, _)| !name.is_empty());
        let (name, _) = parts.ok_or_else(|| variable.unwanted("\"NAME=value\""))?;
        // What a program finds of two is undefined (IEEE Std 1003.1-2008, 8.1).
        if !names.insert(name) {
            return Err(ArgumentError::new(variable.path(), format!("{name} is set twice; leave one of them out")));
        }
    }
    Ok(())
}

fn rlimits(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    for rlimit in config.find("process.rlimits[]") {
        let number = |name| rlimit.get(name).ok().flatten().and_then(|field: Field<'_>| field.value().as_u64());
        if let (Some(soft), Some(hard)) = (number("soft"), number("hard")) {
            if soft > hard {
                let problem = format!("the soft limit {soft} is above the hard limit {hard}");
                return Err(ArgumentError::new(rlimit.path(), problem));
            }
        }
    }
    Ok(())
}
