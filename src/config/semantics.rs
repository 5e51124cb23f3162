//! What a document's shape does not show, and a runtime would only report when the container starts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{check, places};
use crate::field::{Field, Mistake};

/// Fields that the spec requires of an object, where the decoder makes up a default.
/// Source: `required` in the spec's schema, v1.3.0 (config-schema.json, config-linux.json, defs-linux.json).
const REQUIRED: [(&str, &[&str]); 21] = [
    ("process", &["cwd", "args"]),
    ("process.rlimits[]", &["type", "soft", "hard"]),
    ("process.ioPriority", &["class"]),
    ("process.scheduler", &["policy"]),
    ("process.consoleSize", &["height", "width"]),
    ("mounts[]", &["destination"]),
    ("hooks.prestart[]", &["path"]),
    ("hooks.createRuntime[]", &["path"]),
    ("hooks.createContainer[]", &["path"]),
    ("hooks.startContainer[]", &["path"]),
    ("hooks.poststart[]", &["path"]),
    ("hooks.poststop[]", &["path"]),
    ("linux.devices[]", &["path", "type"]),
    ("linux.uidMappings[]", &["containerID", "hostID", "size"]),
    ("linux.gidMappings[]", &["containerID", "hostID", "size"]),
    ("linux.namespaces[]", &["type"]),
    ("linux.resources.devices[]", &["allow"]),
    ("linux.resources.hugepageLimits[]", &["pageSize", "limit"]),
    ("linux.seccomp", &["defaultAction"]),
    ("linux.seccomp.syscalls[]", &["names", "action"]),
    ("linux.seccomp.syscalls[].args[]", &["index", "op", "value"]),
];

/// Strings that the spec gives a choice of, where the decoder takes any; source as above.
const ONE_OF: [(&str, &[&str]); 1] = [("linux.rootfsPropagation", &["private", "shared", "slave", "unbindable"])];

/// Checks a document whose shape is right.
///
/// # Errors
/// The first [`Mistake`].
pub fn check(document: &Value) -> Result<(), Mistake> {
    for (pattern, names) in REQUIRED {
        for parent in places::find(document, pattern) {
            if let Some(name) = names.iter().find(|name| !matches!(parent.get(name), Ok(Some(_)))) {
                return Err(check::missing(parent.path(), name));
            }
        }
    }
    process(document)?;
    for set in ["bounding", "effective", "inheritable", "permitted", "ambient"] {
        unique(document, &format!("process.capabilities.{set}[]"), "capability")?;
    }
    rlimits(document)?;
    for (pattern, values) in ONE_OF {
        for field in places::find(document, pattern) {
            if !values.contains(&field.string()?) {
                return Err(field.unwanted_of(values));
            }
        }
    }
    unique(document, "linux.namespaces[].type", "namespace")?;
    for side in ["uidMappings", "gidMappings"] {
        mappings(document, side)?;
    }
    Ok(())
}

fn process(document: &Value) -> Result<(), Mistake> {
    super::cwd(document)?;
    for hook in ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"] {
        for path in places::find(document, &format!("hooks.{hook}[].path")) {
            if !path.string()?.starts_with('/') {
                return Err(path.unwanted("an absolute path"));
            }
        }
    }
    let mut names = BTreeSet::new();
    for variable in places::find(document, "process.env[]") {
        let (name, _) = variable.string()?.split_once('=').ok_or_else(|| variable.unwanted("\"NAME=value\""))?;
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
    unique(document, "process.rlimits[].type", "limit")
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

/// Mappings make sense only with a user namespace, and that one only with mappings; and none may overlap another
/// (`user_namespaces(7)`).
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
    for ids in ["containerID", "hostID"] {
        let range = |field: &Field<'_>| {
            let number = |name| field.get(name).ok().flatten().and_then(|field| field.value().as_u64()).unwrap_or(0);
            number(ids)..number(ids) + number("size")
        };
        for (index, one) in mappings.iter().enumerate() {
            for other in &mappings[..index] {
                if range(one).start < range(other).end && range(other).start < range(one).end {
                    return Err(Mistake::new(one.path(), format!("its {ids}s overlap those of {}", other.path())));
                }
            }
        }
    }
    Ok(())
}
