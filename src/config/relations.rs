//! What fields have to be to each other.

use serde_json::Value;

use super::values::number;
use super::{capabilities, check, namespaces, places};
use crate::field::{Field, Mistake};

/// Checks every relation.
///
/// # Errors
/// The first [`Mistake`].
pub fn check(document: &Value) -> Result<(), Mistake> {
    capabilities::are_permitted(document)?;
    device_numbers(document)?;
    one_of_two(document)?;
    error_numbers(document)?;
    listener(document)?;
    resources(document)?;
    scheduler(document)?;
    memory_policy(document)?;
    namespaces::check(document)
}

/// A sibling, if it is there. The objects here are objects, or decoding would have said so.
pub fn sibling<'v>(object: &Field<'v>, name: &str) -> Option<Field<'v>> {
    object.get(name).ok().flatten()
}

/// config-linux.md, "Devices": `major` and `minor` are required unless the type is `p`.
fn device_numbers(document: &Value) -> Result<(), Mistake> {
    for device in places::find(document, "linux.devices[]") {
        let is_pipe = sibling(&device, "type").is_some_and(|kind| kind.value() == "p");
        if let Some(name) = ["major", "minor"].iter().find(|name| !is_pipe && sibling(&device, name).is_none()) {
            return Err(check::missing(device.path(), name));
        }
    }
    Ok(())
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

/// config-linux.md, "Seccomp": if the action takes no error number, a runtime has to fail; crun names the two that do.
fn error_numbers(document: &Value) -> Result<(), Mistake> {
    let default = places::find(document, "linux.seccomp").into_iter();
    let default = default.map(|seccomp| (seccomp, "defaultAction", "defaultErrnoRet"));
    let syscalls = places::find(document, "linux.seccomp.syscalls[]").into_iter();
    let syscalls = syscalls.map(|syscall| (syscall, "action", "errnoRet"));
    for (object, action, error_number) in default.chain(syscalls) {
        let (Some(action), Some(number)) = (sibling(&object, action), sibling(&object, error_number)) else { continue };
        if !["SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"].iter().any(|with| action.value() == with) {
            let want = format!("none with {}; SCMP_ACT_ERRNO and SCMP_ACT_TRACE have error numbers", action.value());
            return Err(number.unwanted(&want));
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

/// config-linux.md, "Memory" (`swap` counts memory and swap) and "CPU" (`burst` is no larger than a positive `quota`).
fn resources(document: &Value) -> Result<(), Mistake> {
    for memory in places::find(document, "linux.resources.memory") {
        let (limit, swap) = (sibling(&memory, "limit"), sibling(&memory, "swap"));
        if let (Some(limit), Some(swap)) = (limit, swap) {
            let (most, all) = (number(&limit), number(&swap));
            if all > Some(0) && all < most {
                let want = format!("at least {}, as it counts memory and swap together", at(&limit));
                return Err(swap.unwanted(&want));
            }
        }
    }
    for cpu in places::find(document, "linux.resources.cpu") {
        let (quota, burst) = (sibling(&cpu, "quota"), sibling(&cpu, "burst"));
        if let (Some(quota), Some(burst)) = (quota, burst) {
            if number(&quota) > Some(0) && number(&burst) > number(&quota) {
                return Err(burst.unwanted(&format!("at most {}", at(&quota))));
            }
        }
    }
    Ok(())
}

/// A field and its value.
fn at(field: &Field<'_>) -> String {
    format!("{}, which is {}", field.path(), field.value())
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
