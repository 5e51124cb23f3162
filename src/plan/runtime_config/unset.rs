//! Values that mean "unset" to runc, to the types that Go programs use, and to those who write a template; crun takes them at their
//! word, and fails. Left out, they mean the same to both.

use serde_json::Value;

use crate::plan::runtime_config::RuntimeConfig;

/// Strings that are unset if they are empty, as `omitempty` has it in specs-go/config.go.
const EMPTY: [&str; 5] = [
    "linux.cgroupsPath",
    "linux.mountLabel",
    "linux.namespaces[].path",
    "process.apparmorProfile",
    "process.selinuxLabel",
];

/// Limits that are unset if they are 0: crun would give a container no memory at all.
const ZERO: [&str; 2] = ["linux.resources.memory.limit", "linux.resources.memory.swap"];

/// Leaves such values out.
pub fn drop_unset(config: &mut RuntimeConfig) {
    for pattern in EMPTY {
        remove(config, pattern, |value| value == "");
    }
    for pattern in ZERO {
        remove(config, pattern, |value| value.as_i64() == Some(0));
    }
}

fn remove(config: &mut RuntimeConfig, pattern: &str, is_unset: impl Fn(&Value) -> bool) {
    let (parents, name) = pattern.rsplit_once('.').unwrap_or(("", pattern));
    for fields in config.objects_mut(parents) {
        if fields.get(name).is_some_and(&is_unset) {
            fields.remove(name);
        }
    }
}

#[cfg(test)]
mod tests;
