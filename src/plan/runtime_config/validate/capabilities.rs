//! The names of Linux capabilities, which the spec leaves to Linux.

use std::collections::BTreeSet;

use crate::plan::diagnostics::{ArgumentError, Field, nearest};
use crate::plan::runtime_config::RuntimeConfig;
use crate::plan::runtime_config::pattern;

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

/// Checks that this is the name of a capability.
///
/// # Errors
/// An [`ArgumentError`] if it is none.
pub fn check_name(capability: &Field<'_>) -> Result<(), ArgumentError> {
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
