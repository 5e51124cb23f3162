//! The users and groups of a document: which there are, and which of them a user namespace has.

use serde_json::Value;

use super::places;
use super::relations::sibling;
use crate::container::id_mapping;
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
        for id in places::find(document, pattern) {
            let number = id.value().as_u64().unwrap_or(0);
            if number > u64::from(LAST_ID) {
                // Runtimes hand it on to setresuid(2), which changes nothing then: the process would be root.
                return Err(id.unwanted(&format!("an integer from 0 to {LAST_ID}")));
            }
            if !has(document, side, number) {
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
    if !has_user_namespace(document) {
        return true;
    }
    let mappings = places::find(document, &format!("linux.{side}")).into_iter().next();
    // Mappings that are wrong are said elsewhere.
    id_mapping::decode(mappings).map_or(true, |mappings| mappings.iter().any(|mapping| mapping.has(id)))
}
