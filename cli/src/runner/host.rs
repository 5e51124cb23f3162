//! The machine that a container runs on, as far as it matters to whoever runs it.

use std::fs;

use rustix::fs::FileType;
use rustix::process::{Resource, getegid, geteuid, getpid, getrlimit};
use rustix::thread::CapabilitySet;
use serde_json::Value;

use super::cgroup_view::Cgroups;
use super::control_group::ControlGroup;
use super::groups;
use super::ids::{OwnOnly, Subordinate};

/// Who runs a container, and what there is for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The container's name.
    pub id: String,
    /// Whether it is root who runs it.
    pub is_root: bool,
    /// Ids beside the user's own, or why there are none; root needs none.
    pub subordinate: Result<Subordinate, OwnOnly>,
    /// The groups that the user is in beside the own one.
    pub groups: Vec<u32>,
    /// The control group below which the container's may be.
    pub control_group: Option<ControlGroup>,
    /// The control groups that the machine has.
    pub cgroups: Cgroups,
    /// Whether this user may lock memory without a limit.
    pub locks_memory: bool,
}

impl Host {
    /// This machine, for this process.
    pub fn here() -> Self {
        let user = geteuid();
        let is_root = user.is_root() && has_all_ids();
        Self {
            id: format!("oci-bundle-{}{}", getpid(), namespace()),
            is_root,
            subordinate: if user.is_root() {
                Err(OwnOnly::NotGranted("this user namespace has no more to give".to_owned()))
            } else {
                Subordinate::of(user.as_raw(), getegid().as_raw())
            },
            groups: groups::supplementary(),
            control_group: ControlGroup::delegated(is_root),
            cgroups: Cgroups::here(),
            locks_memory: locks_memory(),
        }
    }
}

/// Whether the ids here are those of the machine. Who is root in a user namespace has not all rights.
fn has_all_ids() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.split_whitespace().eq(["0", "0", "4294967295"])
}

/// Whether the limit of locked memory is none, or can be taken away (setrlimit(2)).
fn locks_memory() -> bool {
    let effective = rustix::thread::capabilities(None).map(|sets| sets.effective);
    getrlimit(Resource::Memlock).maximum.is_none()
        || effective.is_ok_and(|effective| effective.contains(CapabilitySet::SYS_RESOURCE))
}

/// What makes a process's number one of the machine, if it is that of another namespace: that one's number.
fn namespace() -> String {
    /// Of the first namespace (Linux, `proc_ns.h`, `PROC_PID_INIT_INO`).
    const FIRST: &str = "pid:[4026531836]";
    let link = fs::read_link("/proc/self/ns/pid").ok().and_then(|link| link.into_os_string().into_string().ok());
    let number = link.filter(|link| link != FIRST).unwrap_or_default();
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() { digits } else { format!("-{digits}") }
}

/// Whether the machine has an entry of `linux.devices` at the same path. A runtime of an ordinary user makes none, but
/// mounts the machine's.
pub fn has_device(device: &Value) -> bool {
    let Some(there) = device["path"].as_str().and_then(|path| rustix::fs::stat(path).ok()) else { return false };
    let kind = match FileType::from_raw_mode(there.st_mode) {
        FileType::CharacterDevice => ["c", "u"].as_slice(),
        FileType::BlockDevice => &["b"],
        FileType::Fifo => &["p"],
        _ => return false,
    };
    let numbers = [rustix::fs::major(there.st_rdev), rustix::fs::minor(there.st_rdev)];
    let is_same = ["major", "minor"].into_iter().zip(numbers).all(|(name, number)| device[name] == number);
    kind.iter().any(|kind| device["type"] == *kind) && (is_same || device["type"] == "p")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_device_is_the_same_by_type_and_numbers() {
        let null = json!({ "path": "/dev/null", "type": "c", "major": 1, "minor": 3 });
        assert!(has_device(&null));
        for (name, value) in [("path", json!("/dev/nothing")), ("type", json!("b")), ("minor", json!(4))] {
            let mut other = null.clone();
            other[name] = value;
            assert!(!has_device(&other), "{other}");
        }
    }
}
