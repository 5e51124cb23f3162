//! The names of Linux capabilities, which the spec leaves to Linux.

use std::collections::BTreeSet;

use crate::plan::capability::check_name;
use crate::plan::diagnostics::ArgumentError;
use crate::plan::runtime_config::RuntimeConfig;
use crate::plan::runtime_config::pattern;

/// Checks that there are sets of capabilities, and that each capability is one (config.md, "Linux Process":
/// `capabilities`). The sets are optional in the spec, but without them a process has none under runc 1.1, and all that root
/// has under runc 1.3.
///
/// # Errors
/// An [`ArgumentError`] at the first that is none.
pub fn check(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    if config["process"].is_object() && config["process"].get("capabilities").is_none() {
        let path = pattern::root().attribute("process").attribute("capabilities");
        let problem = "found null, with which some runtimes leave all capabilities to the process; want an attribute set: \
                       { bounding = [ ]; effective = [ ]; permitted = [ ]; } is none";
        return Err(ArgumentError::new(&path, problem));
    }
    for set in ["bounding", "effective", "inheritable", "permitted", "ambient"] {
        for capability in config.find(&format!("process.capabilities.{set}[]")) {
            check_name(&capability)?;
        }
    }
    Ok(())
}

/// Checks that what is in effect is permitted, as capset(2) wants it.
///
/// # Errors
/// An [`ArgumentError`] at the first that is not.
pub fn are_permitted(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    subset(config, "effective", "permitted")
}

/// Checks that what is inheritable is in the bounding set, as capset(2) wants it too.
///
/// # Errors
/// An [`ArgumentError`] at the first that is not.
pub fn are_bounded(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    subset(config, "inheritable", "bounding")
}

fn subset(config: &RuntimeConfig, set: &str, of: &str) -> Result<(), ArgumentError> {
    let all = config.find(&format!("process.capabilities.{of}[]"));
    let all: BTreeSet<_> = all.iter().filter_map(|capability| capability.value().as_str()).collect();
    for capability in config.find(&format!("process.capabilities.{set}[]")) {
        if !all.contains(capability.string()?) {
            return Err(capability.unwanted(&format!("a capability that is also in config.process.capabilities.{of}")));
        }
    }
    Ok(())
}
