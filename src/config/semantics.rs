//! What a document's shape does not show, and a runtime would only report when the container starts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ids, places, relations, values};
use crate::container::id_mapping;
use crate::container::process::check_length;
use crate::field::{Field, Mistake};

/// What may be there once: config-linux.md, "Namespaces" and "Devices"; config-zos.md, "Namespaces"; config.md, "POSIX
/// process".
const UNIQUE: [(&str, &str); 4] = [
    ("process.rlimits[].type", "limit"),
    ("linux.namespaces[].type", "namespace"),
    ("linux.devices[].path", "device"),
    ("zos.namespaces[].type", "namespace"),
];

/// Checks a document whose shape is right.
///
/// # Errors
/// The first [`Mistake`].
pub fn check(document: &Value) -> Result<(), Mistake> {
    process(document)?;
    rlimits(document)?;
    for (pattern, what) in UNIQUE {
        unique(document, pattern, what)?;
    }
    for side in ["uidMappings", "gidMappings"] {
        mappings(document, side)?;
    }
    values::check(document)?;
    ids::check(document)?;
    relations::check(document)
}

fn process(document: &Value) -> Result<(), Mistake> {
    super::cwd(document)?;
    for text in ["process.args[]", "process.env[]"].iter().flat_map(|pattern| places::find(document, pattern)) {
        check_length(text.path(), text.string()?.len())?;
    }
    let mut names = BTreeSet::new();
    for variable in places::find(document, "process.env[]") {
        let parts = variable.string()?.split_once('=').filter(|(name, _)| !name.is_empty());
        let (name, _) = parts.ok_or_else(|| variable.unwanted("\"NAME=value\""))?;
        // What a program finds of two is undefined (IEEE Std 1003.1-2008, 8.1).
        if !names.insert(name) {
            return Err(Mistake::new(variable.path(), format!("{name} is set twice; leave one of them out")));
        }
    }
    Ok(())
}

fn rlimits(document: &Value) -> Result<(), Mistake> {
    for rlimit in places::find(document, "process.rlimits[]") {
        let number = |name| rlimit.get(name).ok().flatten().and_then(|field: Field<'_>| field.value().as_u64());
        if let (Some(soft), Some(hard)) = (number("soft"), number("hard")) {
            if soft > hard {
                return Err(Mistake::new(
                    rlimit.path(),
                    format!("the soft limit {soft} is above the hard limit {hard}"),
                ));
            }
        }
    }
    Ok(())
}

fn unique(document: &Value, pattern: &str, what: &str) -> Result<(), Mistake> {
    let mut seen = BTreeSet::new();
    for field in places::find(document, pattern) {
        let name = field.string()?;
        if !seen.insert(name) {
            return Err(Mistake::new(field.path(), format!("the {what} {name} is there twice; leave one of them out")));
        }
    }
    Ok(())
}

/// A new user namespace makes sense only with mappings (`user_namespaces(7)`).
fn mappings(document: &Value, side: &str) -> Result<(), Mistake> {
    let mappings = places::find(document, &format!("linux.{side}[]"));
    for namespace in places::find(document, "linux.namespaces[]") {
        let is_user = matches!(namespace.get("type"), Ok(Some(kind)) if kind.value() == "user");
        if is_user && matches!(namespace.get("path"), Ok(None)) && mappings.is_empty() {
            let want =
                format!("missing; a new user namespace needs linux.{side}, a list of {{ containerID, hostID, size }}");
            return Err(Mistake::new(&places::root().attribute("linux").attribute(side), want));
        }
    }
    for linux in places::find(document, "linux") {
        id_mapping::decode(linux.get(side)?)?;
    }
    Ok(())
}
