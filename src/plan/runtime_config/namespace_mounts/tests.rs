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
fn others(kinds: &[&str], privilege: Privilege) -> Vec<&'static str> {
    let document = document(kinds);
    let mut others = vec!["proc", "sysfs", "cgroup", "mqueue", "tmpfs"];
    others.retain(|kind| way(&document, kind, privilege) != Way::Mount);
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
        assert_eq!(others(kinds, Privilege::Root), of_root, "{kinds:?}");
        assert_eq!(others(kinds, Privilege::Rootless), of_others, "{kinds:?}, rootless");
    }
}

#[test]
fn a_mount_that_fits_stays_and_another_is_replaced() {
    let own = ["pid", "network", "ipc"];
    for (kinds, privilege) in [(&own[..], Privilege::Rootless), (&[], Privilege::Root)] {
        let mut fitted = document(kinds);
        fit_mounts(&mut fitted, privilege);
        assert_eq!(fitted, document(kinds));
    }
    let mut fitted = document(&[]);
    fit_mounts(&mut fitted, Privilege::Rootless);
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
    fit_mounts(&mut fitted, Privilege::Rootless);
    assert_eq!(fitted, expected);
}

#[test]
fn a_document_of_any_shape_is_no_harm() {
    for document in [json!({}), json!({ "mounts": 1 }), json!({ "mounts": [1, {}], "linux": [] }), json!([])] {
        let mut fitted = document.clone();
        fit_mounts(&mut fitted, Privilege::Rootless);
        assert_eq!(fitted.get("mounts"), document.get("mounts"));
    }
}
