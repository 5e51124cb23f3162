//! Checks what the user can have made wrong, and a runtime would only report when the container starts, or never.

pub mod capabilities;
mod cross_field;
mod devices;
pub mod id_maps;
mod limits;
mod misplaced;
pub mod namespaces;
mod process;
mod shape;
mod signals;
mod values;

use std::collections::BTreeSet;

use super::RuntimeConfig;
use super::version;
use crate::plan::diagnostics::ArgumentError;

/// What may be there once: config-linux.md, "Namespaces" and "Devices"; config-zos.md, "Namespaces"; config.md, "POSIX
/// process".
const UNIQUE: [(&str, &str); 4] = [
    ("process.rlimits[].type", "limit"),
    ("linux.namespaces[].type", "namespace"),
    ("linux.devices[].path", "device"),
    ("zos.namespaces[].type", "namespace"),
];

/// Checks a configuration: first its shape, then what its values mean.
///
/// # Errors
/// The first [`ArgumentError`].
pub fn check(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    capabilities::check(config)?;
    shape::check(config)?;
    process::check(config)?;
    for (pattern, what) in UNIQUE {
        unique(config, pattern, what)?;
    }
    id_maps::check_mappings(config)?;
    values::check(config)?;
    id_maps::check(config)?;
    cross_field::check(config)?;
    version::check(config)
}

fn unique(config: &RuntimeConfig, pattern: &str, what: &str) -> Result<(), ArgumentError> {
    let mut found = BTreeSet::new();
    for field in config.find(pattern) {
        let name = field.string()?;
        if !found.insert(name) {
            let problem = format!("the {what} {name} is listed twice; leave one of them out");
            return Err(ArgumentError::new(field.path(), problem));
        }
    }
    Ok(())
}
