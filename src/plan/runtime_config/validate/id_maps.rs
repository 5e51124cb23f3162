//! The users and groups of a document: which there are, and which of them a user namespace has.

use serde_json::Value;

use crate::plan::definition::id_mapping::{self, IdMapping};
use crate::plan::diagnostics::{ArgumentError, LAST_ID};
use crate::plan::runtime_config::RuntimeConfig;
use crate::plan::runtime_config::pattern;

/// The ids of a process, and the mappings that have to have them (config.md, "User").
const IDS: [(&str, &str); 3] = [
    ("process.user.uid", "uidMappings"),
    ("process.user.gid", "gidMappings"),
    ("process.user.additionalGids[]", "gidMappings"),
];

/// Checks that the process runs as somebody that there is.
///
/// # Errors
/// An [`ArgumentError`] at an id that is none, or that the container's own user namespace does not have.
pub fn check(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    for (pattern, side) in IDS {
        let ids = Ids::new(config, side);
        for id in config.find(pattern) {
            let number = id.value().as_u64().unwrap_or(0);
            if number > u64::from(LAST_ID) {
                // Runtimes hand it on to setresuid(2), which changes nothing then: the process would be root.
                return Err(id.unwanted(&format!("an integer from 0 to {LAST_ID}")));
            }
            if !ids.have(number) {
                let want = format!("an ID that config.linux.{side} maps");
                return Err(id.unwanted(&want));
            }
        }
    }
    Ok(())
}

/// Whether the container has a user namespace of its own (config-linux.md, "Namespaces").
pub fn has_user_namespace(document: &Value) -> bool {
    pattern::find(document, "linux.namespaces[]").iter().any(|namespace| {
        namespace.find("type").is_some_and(|kind| kind.value() == "user") && namespace.find("path").is_none()
    })
}

/// Whether a user or group is one in the container: `side` names the mappings.
pub fn has(config: &RuntimeConfig, side: &str, id: u64) -> bool {
    Ids::new(config, side).have(id)
}

/// The users or the groups that there are in a container.
enum Ids {
    All,
    /// Those of its user namespace, by their first numbers.
    Mapped(Vec<IdMapping>),
}

impl Ids {
    fn new(config: &RuntimeConfig, side: &str) -> Self {
        if !has_user_namespace(config.document()) {
            return Self::All;
        }
        let mappings = config.find(&format!("linux.{side}")).into_iter().next();
        match id_mapping::decode(mappings) {
            Ok(mut mappings) => {
                mappings.sort_by_key(|mapping| mapping.container_id);
                Self::Mapped(mappings)
            }
            // Mappings that are wrong are said elsewhere.
            Err(_) => Self::All,
        }
    }

    fn have(&self, id: u64) -> bool {
        let Self::Mapped(mappings) = self else { return true };
        let after = mappings.partition_point(|mapping| u64::from(mapping.container_id) <= id);
        after > 0 && mappings[after - 1].has(id)
    }
}

/// Checks the mappings of users and of groups.
///
/// # Errors
/// An [`ArgumentError`] at a mapping, or at one that is missing.
pub fn check_mappings(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    ["uidMappings", "gidMappings"].into_iter().try_for_each(|side| check_side(config, side))
}

/// A new user namespace makes sense only with mappings (`user_namespaces(7)`).
fn check_side(config: &RuntimeConfig, side: &str) -> Result<(), ArgumentError> {
    let mappings = config.find(&format!("linux.{side}[]"));
    for namespace in config.find("linux.namespaces[]") {
        let is_user = matches!(namespace.get("type"), Ok(Some(kind)) if kind.value() == "user");
        if is_user && matches!(namespace.get("path"), Ok(None)) && mappings.is_empty() {
            let problem = "missing; a new user namespace needs a list of { containerID, hostID, size }";
            return Err(ArgumentError::new(&pattern::root().attribute("linux").attribute(side), problem));
        }
    }
    for linux in config.find("linux") {
        id_mapping::decode(linux.get(side)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
