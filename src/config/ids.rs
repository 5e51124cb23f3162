//! The users and groups of a document: which there are, and which of them a user namespace has.

use serde_json::Value;

use super::places;
use super::relations::sibling;
use crate::container::id_mapping::{self, IdMapping};
use crate::field::{LAST_ID, Mistake};

/// The ids of a process, and the mappings that have to have them (config.md, "User").
const IDS: [(&str, &str); 3] = [
    ("process.user.uid", "uidMappings"),
    ("process.user.gid", "gidMappings"),
    ("process.user.additionalGids[]", "gidMappings"),
];

/// Checks that the process runs as somebody that there is.
///
/// # Errors
/// A [`Mistake`] at an id that is none, or that the container's own user namespace does not have.
pub fn check(document: &Value) -> Result<(), Mistake> {
    for (pattern, side) in IDS {
        let ids = Ids::new(document, side);
        for id in places::find(document, pattern) {
            let number = id.value().as_u64().unwrap_or(0);
            if number > u64::from(LAST_ID) {
                // Runtimes hand it on to setresuid(2), which changes nothing then: the process would be root.
                return Err(id.unwanted(&format!("an integer from 0 to {LAST_ID}")));
            }
            if !ids.have(number) {
                let want = format!("one that linux.{side} gives a number on the host");
                return Err(id.unwanted(&want));
            }
        }
    }
    Ok(())
}

/// Whether the container has a user namespace of its own (config-linux.md, "Namespaces").
pub fn has_user_namespace(document: &Value) -> bool {
    places::find(document, "linux.namespaces[]").iter().any(|namespace| {
        sibling(namespace, "type").is_some_and(|kind| kind.value() == "user") && sibling(namespace, "path").is_none()
    })
}

/// Whether a user or group is one in the container: `side` names the mappings.
pub fn has(document: &Value, side: &str, id: u64) -> bool {
    Ids::new(document, side).have(id)
}

/// The users or the groups that there are in a container.
enum Ids {
    All,
    /// Those of its user namespace, by their first numbers.
    Mapped(Vec<IdMapping>),
}

impl Ids {
    fn new(document: &Value, side: &str) -> Self {
        if !has_user_namespace(document) {
            return Self::All;
        }
        let mappings = places::find(document, &format!("linux.{side}")).into_iter().next();
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

#[cfg(test)]
mod tests;
