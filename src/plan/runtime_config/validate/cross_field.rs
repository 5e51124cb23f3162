//! What fields have to be to each other.

use crate::plan::diagnostics::ArgumentError;
use crate::plan::runtime_config::RuntimeConfig;
use crate::plan::runtime_config::validate::capabilities;
use crate::plan::runtime_config::validate::devices;
use crate::plan::runtime_config::validate::limits;
use crate::plan::runtime_config::validate::namespaces;
use crate::plan::runtime_config::validate::values::number;

/// Checks every relation.
///
/// # Errors
/// The first [`ArgumentError`].
pub fn check(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    capabilities::are_permitted(config)?;
    capabilities::are_bounded(config)?;
    devices::check(config)?;
    one_of_two(config)?;
    error_numbers(config)?;
    default_action(config)?;
    listener(config)?;
    limits::check(config)?;
    scheduler(config)?;
    memory_policy(config)?;
    namespaces::check(config)
}

/// config-linux.md, "Block IO" and "RDMA": at least one of the two.
fn one_of_two(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    let weights = config.find("linux.resources.blockIO.weightDevice[]");
    let weights = weights.into_iter().map(|device| (device, ["weight", "leafWeight"]));
    let rdma = config.find("linux.resources.rdma");
    let rdma = rdma.iter().flat_map(|devices| devices.attributes().unwrap_or_default());
    let rdma = rdma.map(|(_, device)| (device, ["hcaHandles", "hcaObjects"]));
    for (object, names) in weights.chain(rdma) {
        if names.iter().all(|name| object.find(name).is_none()) {
            return Err(object.unwanted(&format!("{} or both", names.join(", "))));
        }
    }
    Ok(())
}

/// config-linux.md, "Seccomp": if the action takes no error number, a runtime has to fail; crun names the two that do. The kernel
/// has no error above `MAX_ERRNO`, and a tracer gets 16 bits (seccomp(2)).
fn error_numbers(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    let default = config.find("linux.seccomp").into_iter();
    let default = default.map(|seccomp| (seccomp, "defaultAction", "defaultErrnoRet"));
    let syscalls = config.find("linux.seccomp.syscalls[]").into_iter();
    let syscalls = syscalls.map(|syscall| (syscall, "action", "errnoRet"));
    for (object, action, error_number) in default.chain(syscalls) {
        let (Some(action), Some(field)) = (object.find(action), object.find(error_number)) else { continue };
        let most = match action.value().as_str() {
            Some("SCMP_ACT_ERRNO") => 4095,
            Some("SCMP_ACT_TRACE") => i128::from(u16::MAX),
            _ => {
                return Err(field.rejected(&format!(
                    "with the action {}; leave it out: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take an error number",
                    action.value()
                )));
            }
        };
        if number(&field) > Some(most) {
            return Err(field.unwanted(&format!("an integer from 0 to {most}")));
        }
    }
    Ok(())
}

/// A listener learns of a system call by another one (`seccomp_unotify(2)`): with this default, no process gets as far, and runc
/// refuses it.
fn default_action(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    for action in config.find("linux.seccomp.defaultAction") {
        if action.value() == "SCMP_ACT_NOTIFY" {
            return Err(action
                .unwanted("another default action; SCMP_ACT_NOTIFY works only in the rules of single system calls"));
        }
    }
    Ok(())
}

/// config-linux.md, "Seccomp": no `listenerMetadata` without `listenerPath`.
fn listener(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    for seccomp in config.find("linux.seccomp") {
        if let (Some(metadata), None) = (seccomp.find("listenerMetadata"), seccomp.find("listenerPath")) {
            return Err(metadata.rejected("without a listenerPath; add that, or leave this out"));
        }
    }
    Ok(())
}

/// `sched_setattr(2)`, and so runc: the priority is for two policies, the times are for one.
fn scheduler(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    for scheduler in config.find("process.scheduler") {
        let Some(policy) = scheduler.find("policy") else { continue };
        let policies: [(&[&str], &[&str]); 2] =
            [(&["priority"], &["SCHED_FIFO", "SCHED_RR"]), (&["runtime", "deadline", "period"], &["SCHED_DEADLINE"])];
        for (names, with) in policies {
            for field in names.iter().filter_map(|name| scheduler.find(name)) {
                if number(&field) != Some(0) && !with.iter().any(|name| policy.value() == name) {
                    return Err(field.rejected(&format!(
                        "with the policy {}; leave it out: only {} takes it",
                        policy.value(),
                        with.join(" or ")
                    )));
                }
            }
        }
    }
    Ok(())
}

/// config-linux.md, "Memory policy", and `set_mempolicy(2)`: some modes take no nodes, others need one.
fn memory_policy(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    for policy in config.find("linux.memoryPolicy") {
        let Some(mode) = policy.find("mode") else { continue };
        let nodes = policy.find("nodes").filter(|nodes| nodes.value() != "");
        let is = |modes: &[&str]| modes.iter().any(|name| mode.value() == name);
        match nodes {
            Some(nodes) if is(&["MPOL_DEFAULT", "MPOL_LOCAL"]) => {
                return Err(
                    nodes.rejected(&format!("with the mode {}, which takes no nodes; leave it out", mode.value()))
                );
            }
            None if is(&["MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE"]) => {
                let path = policy.path().attribute("nodes");
                return Err(ArgumentError::new(
                    &path,
                    format!("missing; the mode {} needs at least one node, such as \"0\"", mode.value()),
                ));
            }
            _ => {}
        }
    }
    Ok(())
}
