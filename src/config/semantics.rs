//! What a document's shape does not show, and a runtime would only report when the container starts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{check, ids, places, relations, values};
use crate::container::id_mapping;
use crate::container::process::check_length;
use crate::field::{Field, Mistake};

/// Fields that the spec requires of an object, where the decoder makes up a default.
/// Source: `required` in the spec's schema, v1.3.0 (config-schema.json, config-linux.json, defs-linux.json).
const REQUIRED: [(&str, &[&str]); 29] = [
    ("process", &["cwd"]),
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
    ("linux.resources.network.priorities[]", &["name", "priority"]),
    ("linux.resources.blockIO.weightDevice[]", &["major", "minor"]),
    ("linux.resources.blockIO.throttleReadBpsDevice[]", &["major", "minor"]),
    ("linux.resources.blockIO.throttleWriteBpsDevice[]", &["major", "minor"]),
    ("linux.resources.blockIO.throttleReadIOPSDevice[]", &["major", "minor"]),
    ("linux.resources.blockIO.throttleWriteIOPSDevice[]", &["major", "minor"]),
    ("linux.seccomp", &["defaultAction"]),
    ("linux.seccomp.syscalls[]", &["names", "action"]),
    ("linux.seccomp.syscalls[].args[]", &["index", "op", "value"]),
    ("windows", &["layerFolders"]),
    ("root", &["path"]),
];

/// Fields that the text of the spec requires, and its schema does not: config.md, "Process", "User" and "Linux Process";
/// config-linux.md, "Block IO". Runtimes do not start a container without `process.args`.
const REQUIRED_BY_THE_TEXT: [(&str, &[&str]); 7] = [
    ("process", &["args"]),
    ("process.user", &["uid", "gid"]),
    ("process.ioPriority", &["priority"]),
    ("linux.resources.blockIO.throttleReadBpsDevice[]", &["rate"]),
    ("linux.resources.blockIO.throttleWriteBpsDevice[]", &["rate"]),
    ("linux.resources.blockIO.throttleReadIOPSDevice[]", &["rate"]),
    ("linux.resources.blockIO.throttleWriteIOPSDevice[]", &["rate"]),
];

/// Strings that the spec gives a choice of, where the decoder takes any; source: the spec's schema, as above.
const ONE_OF: [(&str, &[&str]); 3] = [
    ("linux.rootfsPropagation", &["private", "shared", "slave", "unbindable"]),
    ("vm.image.format", &["raw", "qcow2", "vdi", "vmdk", "vhd"]),
    ("windows.devices[].idType", &["class"]),
];

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
    // config.md, "Root" and "Process": no runtime starts a container without them.
    if let Some(name) = ["root", "process"].iter().find(|name| document.get(name).is_none()) {
        return Err(check::missing(&places::root(), name));
    }
    for (pattern, names) in REQUIRED.iter().chain(&REQUIRED_BY_THE_TEXT) {
        for parent in places::find(document, pattern) {
            if let Some(name) = names.iter().find(|name| !matches!(parent.get(name), Ok(Some(_)))) {
                return Err(check::missing(parent.path(), name));
            }
        }
    }
    process(document)?;
    rlimits(document)?;
    for (pattern, values) in ONE_OF {
        for field in places::find(document, pattern) {
            if !values.contains(&field.string()?) {
                return Err(field.unwanted_of(values));
            }
        }
    }
    for clocks in places::find(document, "linux.timeOffsets") {
        clocks.only(&["boottime", "monotonic"], "field in the OCI runtime spec")?;
    }
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
