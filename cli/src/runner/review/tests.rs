use serde_json::json;

use super::*;

#[test]
fn what_reaches_for_the_machine_is_listed() {
    let own = USUAL.map(|kind| json!({ "type": kind }));
    let store = "/nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash";
    let plain = RuntimeConfig::from(json!({
        "hooks": { "startContainer": [{ "path": "/inside" }] },
        "process": { "capabilities": { "bounding": ["CAP_MKNOD"] } },
        "linux": { "resources": { "devices": [{ "allow": false, "access": "rwm" }] }, "namespaces": own, "readonlyPaths": ["/proc/sys", "/proc/bus", "/proc/fs", "/proc/irq"], "maskedPaths": ["/proc/sysrq-trigger"] },
        "mounts": [
            { "destination": "/proc", "type": "proc" },
            { "destination": "/sys", "type": "sysfs", "options": ["ro"] },
            { "destination": store, "source": store, "options": ["rbind", "ro"] },
            { "destination": "/x", "source": "rootfs/x", "options": ["bind"] },
        ],
    }));
    assert_eq!(notes(&plain), Vec::<String>::new());
    let mut writable = plain.clone();
    writable["linux"]["readonlyPaths"] = json!([]);
    writable["mounts"][1]["options"] = json!(["nosuid"]);
    let more = json!({ "destination": "/var", "type": "cgroup2" });
    writable["mounts"].as_array_mut().unwrap().push(more);
    assert_eq!(
        notes(&writable),
        [
            "root can change the settings of the host's kernel at '/proc'",
            "root can change the devices of the host at '/sys'",
            "root can change cgroups at '/var'",
        ]
    );
    writable["linux"]["namespaces"].as_array_mut().unwrap().push(json!({ "type": "user" }));
    assert_eq!(notes(&writable), Vec::<String>::new());
    writable["linux"]["uidMappings"] = json!([{ "containerID": 0, "hostID": 0, "size": 1 }]);
    assert_eq!(notes(&writable).len(), 3);
    let reaching = json!({
        "hooks": { "createRuntime": [{ "path": "/bin/a", "args": ["a", "-c"] }], "poststop": [{ "path": "/bin/b" }] },
        "linux": { "namespaces": [{ "type": "network", "path": "/run/netns/x" }, { "type": "mount" }, { "type": "uts" },
            { "type": "ipc" }], "devices": [{ "path": "/dev/x", "type": "b", "major": 8, "minor": 0 }],
            "resources": { "devices": [{ "allow": true, "access": "m" }, { "allow": true, "access": "rwm" }] },
            "cgroupsPath": "/x" },
        "mounts": [
            { "destination": "/a", "source": "/srv", "options": ["rbind"] },
            { "destination": "/b'", "source": "/etc", "type": "bind", "options": ["bind", "ro"] },
            { "destination": "/c", "source": "/etc", "type": "bind", "options": ["rbind", "ro"] },
            { "destination": "/d", "source": "rootfs/../../x", "options": ["rbind", "rro"] },
            { "destination": "/e", "source": "/dev/sda", "type": "ext4" },
            { "destination": "/f", "source": "x", "type": "overlay", "options": ["ro,lowerdir=/a:/b"] },
            { "destination": "/g", "source": store, "options": ["rbind"] },
            { "destination": "/h", "source": "rootfs/h", "options": ["bind", "ro"] },
        ],
        "root": { "path": "other" },
        "annotations": { "run.oci.hooks.stdout": "/x", "org.example": "y" },
        "process": { "capabilities": { "bounding": ["CAP_SYS_ADMIN", "CAP_KILL"], "ambient": ["CAP_BPF", "CAP_MKNOD"] } },
    });
    assert_eq!(
        notes(&reaching.into()),
        [
            "the hook createRuntime runs \"/bin/a\", args [\"a\",\"-c\"] on the host",
            "the hook poststop runs \"/bin/b\" on the host",
            "'/srv' of the host is mounted at '/a', to read and write",
            "'/etc' of the host is mounted at '/b\\'', to read",
            "'/etc' of the host is mounted at '/c', to read, and to write to what is mounted below it",
            "'rootfs/../../x' of the host is mounted at '/d', to read",
            &format!("'{store}' of the host is mounted at '/g', to read and write"),
            "'rootfs/h' of the host is mounted at '/h', to read",
            "a file system 'ext4' of '/dev/sda' is mounted at '/e'",
            "a file system 'overlay' of 'x', lowerdir=/a:/b is mounted at '/f'",
            "it gets the device \"/dev/x\" (\"b\" 8:0)",
            "it may use the devices of the rule {\"access\":\"rwm\",\"allow\":true}",
            "it can make device nodes, and no first rule denies them all",
            "linux.cgroupsPath is '/x'",
            "the annotation run.oci.hooks.stdout is \"/x\", which runtimes act on",
            "it has CAP_BPF, CAP_SYS_ADMIN, which few containers need; some of these let it reach the host",
            "it joins the network namespace '/run/netns/x'",
            "it shares the host's cgroup namespace",
            "it shares the host's pid namespace",
        ]
    );
}
