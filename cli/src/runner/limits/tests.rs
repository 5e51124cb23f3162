use serde_json::json;

use super::*;

#[test]
fn what_needs_cgroups_is_taken_out_and_told() {
    let mut config = RuntimeConfig::from(json!({
        "mounts": [{ "destination": "/sys/fs/cgroup", "type": "cgroup" }, { "destination": "/tmp", "type": "tmpfs" }],
        "linux": { "cgroupsPath": "/x", "resources": { "devices": [], "memory": {}, "pids": {} } },
    }));
    let told = "/sys/fs/cgroup dropped: this host has no cgroups";
    assert_eq!(
        without_cgroups(&mut config),
        "/sys/fs/cgroup, memory and pids limits dropped: this host has no cgroups"
    );
    assert_eq!(config, json!({ "mounts": [{ "destination": "/tmp", "type": "tmpfs" }], "linux": {} }));
    assert_eq!(without_cgroups(&mut config), told);
    assert_eq!(without_cgroups(&mut RuntimeConfig::from(json!({}))), told);
}

#[test]
fn a_limit_without_its_controller_is_taken_out() {
    let mut config = RuntimeConfig::from(
        json!({ "linux": { "resources": { "devices": [], "pids": { "limit": 1 }, "memory": {} } } }),
    );
    let told = without_controllers(&mut config, &["memory".to_owned()]).unwrap();
    assert_eq!(told, "pids limits dropped: this host's cgroups lack their controllers");
    assert_eq!(config["linux"]["resources"], json!({ "devices": [], "memory": {} }));
    assert_eq!(without_controllers(&mut config, &["memory".to_owned()]), None);
}

#[test]
fn rules_for_devices_stay_where_nodes_can_be_made() {
    let config = |capabilities: Value| {
        RuntimeConfig::from(json!({
            "process": { "capabilities": { "bounding": capabilities } },
            "linux": { "resources": { "devices": [], "pids": {} } },
        }))
    };
    let mut without = config(json!(["CAP_KILL"]));
    assert!(without_device_rules(&mut without).is_some());
    assert_eq!(without["linux"]["resources"], json!({ "pids": {} }));
    assert_eq!(without_device_rules(&mut without), None);
    assert_eq!(without_device_rules(&mut config(json!(["CAP_MKNOD"]))), None);
    assert_eq!(without_device_rules(&mut config(Value::Null)), None);
}
