//! File systems that show a namespace, and what there is in their place where the container cannot mount them.
//!
//! The kernel lets only the owner of a namespace mount a view of it (`user_namespaces(7)`): a process in a user namespace of its
//! own cannot mount the host's processes, network or message queues, but bind what the host has mounted.

use serde_json::{Value, json};

use super::places;
use super::relations::sibling;

/// How a file system gets into a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is mounted.
    Mount,
    /// The host's is bound, with everything below it, as the kernel wants it in a user namespace.
    Bind(&'static str),
    /// It is not there: programs work without it, and not every host has one to bind.
    Nothing,
}

/// The options of a bind mount of the host's file system, beside the access to it.
pub const BIND_OPTIONS: [&str; 4] = ["rbind", "nosuid", "noexec", "nodev"];

/// The way of a type of file system into this container. `is_rootless` says that whoever starts it is in a user namespace
/// that does not own those of the host.
///
/// Root of the host mounts everything. What it would bind instead would have the host's mounts below it, such as debugfs, and
/// they are writable.
pub fn way(document: &Value, kind: &str, is_rootless: bool) -> Way {
    let (namespace, otherwise) = match kind {
        "proc" => ("pid", Way::Bind("/proc")),
        "sysfs" => ("network", Way::Bind("/sys")),
        // mq_overview(7): queues are there without it.
        "mqueue" => ("ipc", Way::Nothing),
        // Runtimes bind the host's themselves where they cannot mount one.
        _ => return Way::Mount,
    };
    let is_owned = match (joins(document, "user"), joins(document, namespace)) {
        // Made in the user namespace that the container makes or joins; or joined with it, so one owns the other.
        (_, Some(false)) | (Some(true), Some(true)) => true,
        (None, _) => !is_rootless,
        (Some(_), _) => false,
    };
    if is_owned { Way::Mount } else { otherwise }
}

/// Whether there is a namespace of this type, and if so, whether the container joins it.
pub fn joins(document: &Value, kind: &str) -> Option<bool> {
    let namespaces = places::find(document, "linux.namespaces[]");
    let found =
        namespaces.iter().find(|namespace| sibling(namespace, "type").is_some_and(|found| found.value() == kind));
    found.map(|namespace| sibling(namespace, "path").is_some_and(|path| path.value() != ""))
}

/// Makes the mounts of a document fit its namespaces: those that show one, whoever asked for them. `is_rootless` as above.
pub fn mounts(document: &mut Value, is_rootless: bool) {
    let namespaces = json!({ "linux": { "namespaces": document["linux"]["namespaces"] } });
    let Some(mounts) = document.get_mut("mounts").and_then(Value::as_array_mut) else { return };
    let way_of = |mount: &Value| {
        let options = mount["options"].as_array();
        let is_bind = options.is_some_and(|options| options.iter().any(|it| *it == "bind" || *it == "rbind"));
        let kind = mount["type"].as_str().filter(|_| !is_bind);
        kind.map_or(Way::Mount, |kind| way(&namespaces, kind, is_rootless))
    };
    mounts.retain(|mount| way_of(mount) != Way::Nothing);
    for mount in mounts {
        if let Way::Bind(source) = way_of(mount) {
            // The file system's own options, such as `hidepid`, are the host's to choose.
            let options = mount["options"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let access = options.filter(|option| matches!(*option, "ro" | "rro")).map(str::to_owned);
            let options: Vec<_> = BIND_OPTIONS.map(str::to_owned).into_iter().chain(access).collect();
            mount["type"] = json!("none");
            mount["source"] = json!(source);
            mount["options"] = json!(options);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document with namespaces of these types: `+` after one is for a path, so that it is joined.
    fn document(kinds: &[&str]) -> Value {
        let namespaces: Vec<_> = kinds
            .iter()
            .map(|kind| match kind.strip_suffix('+') {
                Some(kind) => json!({ "type": kind, "path": "/proc/1/ns/x" }),
                None => json!({ "type": kind }),
            })
            .collect();
        json!({
            "mounts": [
                { "destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "hidepid=2"] },
                { "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "ro"] },
                { "destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup" },
                { "destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue" },
                { "destination": "/x", "type": "proc", "source": "/y", "options": ["bind"] },
            ],
            "linux": { "namespaces": namespaces },
        })
    }

    /// The file systems that are not mounted: in the order of `document`.
    fn others(kinds: &[&str], is_rootless: bool) -> Vec<&'static str> {
        let document = document(kinds);
        let mut others = vec!["proc", "sysfs", "cgroup", "mqueue", "tmpfs"];
        others.retain(|kind| way(&document, kind, is_rootless) != Way::Mount);
        others
    }

    #[test]
    fn what_shows_a_namespace_is_mounted_by_its_owner() {
        for (kinds, of_root, of_others) in [
            (&["pid", "network", "ipc"][..], &[][..], &[][..]),
            (&["network", "ipc"], &[], &["proc"]),
            (&["pid", "ipc"], &[], &["sysfs"]),
            (&["pid", "network"], &[], &["mqueue"]),
            (&[], &[], &["proc", "sysfs", "mqueue"]),
            (&["pid+", "network+", "ipc+"], &[], &["proc", "sysfs", "mqueue"]),
            (&["pid", "network", "ipc", "user"], &[], &[]),
            (&["user"], &["proc", "sysfs", "mqueue"], &["proc", "sysfs", "mqueue"]),
            (&["user", "pid+", "network+", "ipc"], &["proc", "sysfs"], &["proc", "sysfs"]),
            (&["user+", "pid+", "network", "ipc+"], &[], &[]),
            (&["user+", "network"], &["proc", "mqueue"], &["proc", "mqueue"]),
        ] {
            assert_eq!(others(kinds, false), of_root, "{kinds:?}");
            assert_eq!(others(kinds, true), of_others, "{kinds:?}, rootless");
        }
    }

    #[test]
    fn a_mount_that_fits_stays_and_another_is_replaced() {
        let own = ["pid", "network", "ipc"];
        for (kinds, is_rootless) in [(&own[..], true), (&[], false)] {
            let mut fitted = document(kinds);
            mounts(&mut fitted, is_rootless);
            assert_eq!(fitted, document(kinds));
        }
        let mut fitted = document(&[]);
        mounts(&mut fitted, true);
        let mut expected = document(&[]);
        let list = expected["mounts"].as_array_mut().unwrap();
        list[0] = json!({
            "destination": "/proc", "type": "none", "source": "/proc", "options": ["rbind", "nosuid", "noexec", "nodev"],
        });
        list[1] = json!({
            "destination": "/sys", "type": "none", "source": "/sys",
            "options": ["rbind", "nosuid", "noexec", "nodev", "ro"],
        });
        list.remove(3);
        assert_eq!(fitted, expected);
        // Once more changes nothing.
        mounts(&mut fitted, true);
        assert_eq!(fitted, expected);
    }

    #[test]
    fn a_document_of_any_shape_is_no_harm() {
        for document in [json!({}), json!({ "mounts": 1 }), json!({ "mounts": [1, {}], "linux": [] }), json!([])] {
            let mut fitted = document.clone();
            mounts(&mut fitted, true);
            assert_eq!(fitted.get("mounts"), document.get("mounts"));
        }
    }
}
