//! Names of fields that a runtime would take for others: runc's decoder does not mind the case of letters, nor a long s, and for
//! crun a name ends at a NUL character.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

/// All fields of the runtime spec, as its schemas name them (schema/*.json of 1.0.0 to 1.3.0).
const NAMES: [&str; 160] = [
    "access",
    "action",
    "additionalGids",
    "allow",
    "ambient",
    "annotations",
    "apparmorProfile",
    "architectures",
    "args",
    "blockIO",
    "boottime",
    "bounding",
    "burst",
    "capabilities",
    "cgroupsPath",
    "checkBeforeUpdate",
    "class",
    "classID",
    "closID",
    "commandLine",
    "consoleSize",
    "containerID",
    "cpu",
    "cpus",
    "createContainer",
    "createRuntime",
    "cwd",
    "deadline",
    "defaultAction",
    "defaultErrnoRet",
    "destination",
    "devices",
    "disableOOMKiller",
    "domain",
    "domainname",
    "effective",
    "enableCMT",
    "enableMBM",
    "enableMonitoring",
    "env",
    "errnoRet",
    "execCPUAffinity",
    "fileMode",
    "final",
    "flags",
    "freebsd",
    "gid",
    "gidMappings",
    "hard",
    "hcaHandles",
    "hcaObjects",
    "height",
    "hooks",
    "hostID",
    "hostname",
    "hugepageLimits",
    "idle",
    "index",
    "inheritable",
    "initial",
    "intelRdt",
    "ioPriority",
    "kernel",
    "kernelTCP",
    "l3CacheSchema",
    "leafWeight",
    "limit",
    "linux",
    "listenerMetadata",
    "listenerPath",
    "major",
    "maskedPaths",
    "memBwSchema",
    "memory",
    "memoryPolicy",
    "mems",
    "minor",
    "mode",
    "monotonic",
    "mountLabel",
    "mounts",
    "name",
    "names",
    "namespaces",
    "nanosecs",
    "netDevices",
    "network",
    "nice",
    "noNewPrivileges",
    "nodes",
    "ociVersion",
    "oomScoreAdj",
    "op",
    "options",
    "pageSize",
    "path",
    "period",
    "permitted",
    "personality",
    "pids",
    "policy",
    "poststart",
    "poststop",
    "prestart",
    "priorities",
    "priority",
    "process",
    "quota",
    "rate",
    "rdma",
    "readonly",
    "readonlyPaths",
    "realtimePeriod",
    "realtimeRuntime",
    "reservation",
    "resources",
    "rlimits",
    "root",
    "rootfsPropagation",
    "runtime",
    "scheduler",
    "schemata",
    "seccomp",
    "secs",
    "selinuxLabel",
    "shares",
    "size",
    "soft",
    "solaris",
    "source",
    "startContainer",
    "swap",
    "swappiness",
    "syscalls",
    "sysctl",
    "terminal",
    "throttleReadBpsDevice",
    "throttleReadIOPSDevice",
    "throttleReadIopsDevice",
    "throttleWriteBpsDevice",
    "throttleWriteIOPSDevice",
    "throttleWriteIopsDevice",
    "timeOffsets",
    "timeout",
    "type",
    "uid",
    "uidMappings",
    "umask",
    "unified",
    "useHierarchy",
    "user",
    "username",
    "value",
    "valueTwo",
    "vm",
    "weight",
    "weightDevice",
    "width",
    "windows",
    "zos",
];

/// Fields whose own fields have names that anybody may choose.
const FREE: [&str; 5] = ["annotations", "netDevices", "rdma", "sysctl", "unified"];

/// What is wrong with a name or a text of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A field that a runtime may take for this other one.
    Field(String, &'static str),
    /// A name or a text with a NUL character: crun takes it to end there.
    Nul(String),
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name, known) => {
                write!(f, "found the field '{name}', which some runtimes take for '{known}'; leave it out")
            }
            Self::Nul(text) => {
                write!(f, "found a NUL character in '{text}', where some runtimes take it to end; leave it out")
            }
        }
    }
}

/// The first name or text that a runtime may take for another one.
pub fn find_foreign(document: &Value) -> Option<Foreign> {
    let known = NAMES.into_iter().map(|name| (fold(name), name)).collect();
    find_in(document, &known, true)
}

/// `is_spec` says whether the names are those of the spec, and not anybody's.
fn find_in(value: &Value, known: &HashMap<String, &'static str>, is_spec: bool) -> Option<Foreign> {
    match value {
        Value::String(text) if text.contains('\0') => Some(Foreign::Nul(text.clone())),
        Value::Array(list) => list.iter().find_map(|value| find_in(value, known, is_spec)),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            if name.contains('\0') {
                return Some(Foreign::Nul(name.clone()));
            }
            let taken_for = known.get(&fold(name)).filter(|_| is_spec && !NAMES.contains(&name.as_str()));
            match taken_for {
                Some(known) => Some(Foreign::Field(name.clone(), known)),
                None => find_in(value, known, is_spec && !FREE.contains(&name.as_str())),
            }
        }),
        _ => None,
    }
}

/// Small letters, and the plain ones for the two that fold to ASCII (Unicode, `CaseFolding.txt`).
fn fold(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).map(|c| if c == '\u{17f}' { 's' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(name: &str, known: &'static str) -> Option<Foreign> {
        Some(Foreign::Field(name.to_owned(), known))
    }

    #[test]
    fn a_name_that_differs_in_case_is_found() {
        for name in ["Mounts", "MOUNTS", "mount\u{17f}"] {
            assert_eq!(find_foreign(&json!({ name: [] })), field(name, "mounts"));
        }
        assert_eq!(find_foreign(&json!({ "hooks": { "CreateRuntime": [] } })), field("CreateRuntime", "createRuntime"));
        assert_eq!(find_foreign(&json!({ "linux": { "Devices": [] } })), field("Devices", "devices"));
        assert_eq!(find_foreign(&json!([{ "\u{212a}": 1, "mounts": [{ "Source": "/" }] }])), field("Source", "source"));
        assert_eq!(
            find_foreign(&json!({ "mounts": [], "annotations": { "Path": "x" }, "sysctl": { "User": "" } })),
            None
        );
        // Two spellings of one field are both the spec's.
        let both = json!({ "throttleReadIOPSDevice": [], "throttleReadIopsDevice": [] });
        assert_eq!(find_foreign(&json!({ "linux": { "resources": { "blockIO": both } } })), None);
    }

    #[test]
    fn a_nul_is_found_wherever_it_is() {
        let nul = |text: &str| Some(Foreign::Nul(text.to_owned()));
        assert_eq!(find_foreign(&json!({ "hooks\0": {} })), nul("hooks\0"));
        assert_eq!(find_foreign(&json!({ "mounts": [{ "options": ["rbind\0", "ro"] }] })), nul("rbind\0"));
        assert_eq!(find_foreign(&json!({ "annotations": { "a": "\0" } })), nul("\0"));
        assert_eq!(find_foreign(&json!({ "annotations": { "a\0b": { } } })), nul("a\0b"));
    }
}
