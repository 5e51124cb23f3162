//! Docker's default filter, for a container with these capabilities.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::architecture::Architecture;
use super::table::{ALWAYS, NEW_NAMESPACES, OF_ARCHITECTURES, OF_CAPABILITIES, PERSONALITIES, SOCKET_FAMILIES};

/// The error of a system call that the kernel does not have (errno(3), `ENOSYS`).
const ENOSYS: u32 = 38;

/// The filter in the format of the specification (config-linux.md, "Seccomp").
///
/// An action without an error number fails with EPERM. There is no `defaultErrnoRet` to say so, as systemd-nspawn refuses it.
pub fn filter(architecture: Option<&Architecture>, capabilities: &BTreeSet<&str>) -> Value {
    let allow = |names: &[&str], index: u32, op: &str, value: u64| {
        let args = json!([{ "index": index, "op": op, "value": value }]);
        json!({ "names": names, "action": "SCMP_ACT_ALLOW", "args": args })
    };
    let mut rules = vec![json!({ "names": names(architecture, capabilities), "action": "SCMP_ACT_ALLOW" })];
    rules.extend(SOCKET_FAMILIES.map(|(op, family)| allow(&["socket"], 0, op, family)));
    rules.extend(PERSONALITIES.map(|domain| allow(&["personality"], 0, "SCMP_CMP_EQ", domain)));
    if !capabilities.contains("CAP_SYS_ADMIN") {
        // Threads and processes, and no namespaces. The flags are the second argument on S/390 (clone(2)).
        let flags = u32::from(architecture.is_some_and(Architecture::is_s390));
        // The value is the mask, and what is left under it has to be `valueTwo`, which is 0.
        rules.push(allow(&["clone"], flags, "SCMP_CMP_MASKED_EQ", NEW_NAMESPACES));
        // Its flags are in memory, where a filter cannot look. The C library takes `clone` if the kernel lacks this one.
        rules.push(json!({ "names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS }));
    }
    let mut filter = json!({ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": rules });
    if let Some(name) = architecture.and_then(|architecture| architecture.in_filter) {
        filter["architectures"] = json!([name]);
    }
    filter
}

/// What is allowed whatever its arguments are.
fn names<'n>(architecture: Option<&Architecture>, capabilities: &BTreeSet<&str>) -> BTreeSet<&'n str> {
    let of_architecture = OF_ARCHITECTURES
        .iter()
        .filter(|(names, _)| architecture.is_some_and(|architecture| names.contains(&architecture.docker)));
    let of_capabilities = OF_CAPABILITIES.iter().filter(|(capability, _)| capabilities.contains(capability));
    let groups = ALWAYS.iter().copied();
    let groups = groups.chain(of_architecture.map(|(_, group)| *group)).chain(of_capabilities.map(|(_, group)| *group));
    // An emulator of this architecture on x86_64 (qemu-user) cannot start without it; elsewhere it means nothing.
    groups.chain(["arch_prctl"]).flat_map(str::split_whitespace).collect()
}
