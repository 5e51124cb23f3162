//! The machine that a container runs on, as far as it matters to whoever runs it.

use rustix::fs::FileType;
use rustix::process::{geteuid, getpid};
use serde_json::Value;

use super::control_group::ControlGroup;
use super::ids::Subordinate;

/// Who runs a container, and what there is for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The container's name.
    pub id: String,
    /// Whether it is root who runs it.
    pub is_root: bool,
    /// Ids beside the user's own; root needs none.
    pub subordinate: Option<Subordinate>,
    /// The control group below which the container's may be.
    pub control_group: Option<ControlGroup>,
}

impl Host {
    /// This machine, for this process.
    pub fn here() -> Self {
        let user = geteuid();
        Self {
            id: format!("oci-bundle-{}", getpid()),
            is_root: user.is_root(),
            subordinate: if user.is_root() { None } else { Subordinate::of(user.as_raw()) },
            control_group: ControlGroup::delegated(user.is_root()),
        }
    }
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
