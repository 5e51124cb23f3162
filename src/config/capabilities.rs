//! The names of Linux capabilities, which the spec leaves to Linux.

use std::collections::BTreeSet;

use serde_json::Value;

use super::places;
use crate::field::{Field, Mistake, nearest};

/// Source: capabilities(7).
const CAPABILITIES: [&str; 41] = [
    "CAP_AUDIT_CONTROL",
    "CAP_AUDIT_READ",
    "CAP_AUDIT_WRITE",
    "CAP_BLOCK_SUSPEND",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_KILL",
    "CAP_LEASE",
    "CAP_LINUX_IMMUTABLE",
    "CAP_MAC_ADMIN",
    "CAP_MAC_OVERRIDE",
    "CAP_MKNOD",
    "CAP_NET_ADMIN",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_RAW",
    "CAP_PERFMON",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYSLOG",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_CHROOT",
    "CAP_SYS_MODULE",
    "CAP_SYS_NICE",
    "CAP_SYS_PACCT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_WAKE_ALARM",
];

/// Checks that there are sets of capabilities, and that each capability is one (config.md, "Linux Process":
/// `capabilities`). The sets are optional in the spec, but without them a process has none under runc 1.1, and all that root
/// has under runc 1.3.
///
/// # Errors
/// A [`Mistake`] at the first that is none.
pub fn check(document: &Value) -> Result<(), Mistake> {
    if document["process"].is_object() && document["process"].get("capabilities").is_none() {
        let path = places::root().attribute("process").attribute("capabilities");
        let problem = "found null, with which some runtimes leave all capabilities to the process; want an attribute set: \
                       { bounding = [ ]; effective = [ ]; permitted = [ ]; } is none";
        return Err(Mistake::new(&path, problem));
    }
    for set in ["bounding", "effective", "inheritable", "permitted", "ambient"] {
        for capability in places::find(document, &format!("process.capabilities.{set}[]")) {
            check_name(&capability)?;
        }
    }
    Ok(())
}

/// Checks that this is the name of a capability.
///
/// # Errors
/// A [`Mistake`] if it is none.
pub fn check_name(capability: &Field<'_>) -> Result<(), Mistake> {
    let name = capability.string()?;
    if CAPABILITIES.contains(&name) {
        return Ok(());
    }
    let hint = nearest(name, &CAPABILITIES).map(|near| format!("; did you mean \"{near}\"?"));
    let want = format!("a capability of capabilities(7){}", hint.unwrap_or_default());
    Err(capability.unwanted(&want))
}

/// Checks that what is in effect is permitted, as capset(2) wants it.
///
/// # Errors
/// A [`Mistake`] at the first that is not.
pub fn are_permitted(document: &Value) -> Result<(), Mistake> {
    subset(document, "effective", "permitted")
}

/// Checks that what is inheritable is in the bounding set, as capset(2) wants it too.
///
/// # Errors
/// A [`Mistake`] at the first that is not.
pub fn are_bounded(document: &Value) -> Result<(), Mistake> {
    subset(document, "inheritable", "bounding")
}

fn subset(document: &Value, set: &str, of: &str) -> Result<(), Mistake> {
    let all = places::find(document, &format!("process.capabilities.{of}[]"));
    let all: BTreeSet<_> = all.iter().filter_map(|capability| capability.value().as_str()).collect();
    for capability in places::find(document, &format!("process.capabilities.{set}[]")) {
        if !all.contains(capability.string()?) {
            return Err(capability.unwanted(&format!("one that is in config.process.capabilities.{of} too")));
        }
    }
    Ok(())
}
