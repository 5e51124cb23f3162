//! What fields have to be to each other.

use serde_json::Value;

use super::values::number;
use super::{capabilities, devices, limits, namespaces, places};
use crate::field::{Field, Mistake};

/// Checks every relation.
///
/// # Errors
/// The first [`Mistake`].
pub fn check(document: &Value) -> Result<(), Mistake> {
    capabilities::are_permitted(document)?;
    capabilities::are_bounded(document)?;
    devices::check(document)?;
    one_of_two(document)?;
    error_numbers(document)?;
    default_action(document)?;
    listener(document)?;
    limits::check(document)?;
    scheduler(document)?;
    memory_policy(document)?;
    namespaces::check(document)
}

/// A sibling, if it is there. The objects here are objects, or the walk along the table would have said so.
pub fn sibling<'v>(object: &Field<'v>, name: &str) -> Option<Field<'v>> {
    object.get(name).ok().flatten()
}

/// config-linux.md, "Block IO" and "RDMA": at least one of the two.
fn one_of_two(document: &Value) -> Result<(), Mistake> {
    let weights = places::find(document, "linux.resources.blockIO.weightDevice[]");
    let weights = weights.into_iter().map(|device| (device, ["weight", "leafWeight"]));
    let rdma = places::find(document, "linux.resources.rdma");
    let rdma = rdma.iter().flat_map(|devices| devices.attributes().unwrap_or_default());
    let rdma = rdma.map(|(_, device)| (device, ["hcaHandles", "hcaObjects"]));
    for (object, names) in weights.chain(rdma) {
        if names.iter().all(|name| sibling(&object, name).is_none()) {
            return Err(object.unwanted(&format!("at least one of {} in it", names.join(" and "))));
        }
    }
    Ok(())
}

/// config-linux.md, "Seccomp": if the action takes no error number, a runtime has to fail; crun names the two that do. The kernel
/// has no error above `MAX_ERRNO`, and a tracer gets 16 bits (seccomp(2)).
fn error_numbers(document: &Value) -> Result<(), Mistake> {
    let default = places::find(document, "linux.seccomp").into_iter();
    let default = default.map(|seccomp| (seccomp, "defaultAction", "defaultErrnoRet"));
    let syscalls = places::find(document, "linux.seccomp.syscalls[]").into_iter();
    let syscalls = syscalls.map(|syscall| (syscall, "action", "errnoRet"));
    for (object, action, error_number) in default.chain(syscalls) {
        let (Some(action), Some(field)) = (sibling(&object, action), sibling(&object, error_number)) else { continue };
        let most = match action.value().as_str() {
            Some("SCMP_ACT_ERRNO") => 4095,
            Some("SCMP_ACT_TRACE") => i128::from(u16::MAX),
            _ => {
                let want =
                    format!("none with {}; SCMP_ACT_ERRNO and SCMP_ACT_TRACE have error numbers", action.value());
                return Err(field.unwanted(&want));
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
fn default_action(document: &Value) -> Result<(), Mistake> {
    for action in places::find(document, "linux.seccomp.defaultAction") {
        if action.value() == "SCMP_ACT_NOTIFY" {
            return Err(action.unwanted("another action by default; SCMP_ACT_NOTIFY is for some system calls"));
        }
    }
    Ok(())
}

/// config-linux.md, "Seccomp": no `listenerMetadata` without `listenerPath`.
fn listener(document: &Value) -> Result<(), Mistake> {
    for seccomp in places::find(document, "linux.seccomp") {
        if let (Some(metadata), None) = (sibling(&seccomp, "listenerMetadata"), sibling(&seccomp, "listenerPath")) {
            return Err(metadata.unwanted("none without a listenerPath"));
        }
    }
    Ok(())
}

/// `sched_setattr(2)`, and so runc: the priority is for two policies, the times are for one.
fn scheduler(document: &Value) -> Result<(), Mistake> {
    for scheduler in places::find(document, "process.scheduler") {
        let Some(policy) = sibling(&scheduler, "policy") else { continue };
        let policies: [(&[&str], &[&str]); 2] =
            [(&["priority"], &["SCHED_FIFO", "SCHED_RR"]), (&["runtime", "deadline", "period"], &["SCHED_DEADLINE"])];
        for (names, with) in policies {
            for field in names.iter().filter_map(|name| sibling(&scheduler, name)) {
                if number(&field) != Some(0) && !with.iter().any(|name| policy.value() == name) {
                    let want = format!("none unless the policy is {}; it is {}", with.join(" or "), policy.value());
                    return Err(field.unwanted(&want));
                }
            }
        }
    }
    Ok(())
}

/// config-linux.md, "Memory policy", and `set_mempolicy(2)`: some modes take no nodes, others need one.
fn memory_policy(document: &Value) -> Result<(), Mistake> {
    for policy in places::find(document, "linux.memoryPolicy") {
        let Some(mode) = sibling(&policy, "mode") else { continue };
        let nodes = sibling(&policy, "nodes").filter(|nodes| nodes.value() != "");
        let is = |modes: &[&str]| modes.iter().any(|name| mode.value() == name);
        match nodes {
            Some(nodes) if is(&["MPOL_DEFAULT", "MPOL_LOCAL"]) => {
                return Err(nodes.unwanted(&format!("none with {}", mode.value())));
            }
            None if is(&["MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE"]) => {
                let path = policy.path().attribute("nodes");
                return Err(Mistake::new(&path, format!("missing; {} needs one or more, such as \"0\"", mode.value())));
            }
            _ => {}
        }
    }
    Ok(())
}
