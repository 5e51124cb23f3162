mod messages;

use super::*;
use crate::plan::derivation::store::StoreDir;

#[test]
fn the_document_is_what_the_spec_wants() {
    let arguments = json!({ "args": ["/bin/x"], "readonly": true });
    let container = Definition::decode(&arguments, "x86_64-linux").unwrap();
    let closure = Closure::decode(&[], &StoreDir::default()).unwrap();
    let mounts = planned_mounts(&container, &closure);
    let config = RuntimeConfig::new("hello", &container, &mounts, &closure).unwrap();
    // For the error number of a rule of the default filter.
    assert_eq!(config["ociVersion"], "1.1.0");
    assert_eq!(config["process"]["args"], json!(["/bin/x"]));
    assert_eq!(config["root"], json!({"path": "rootfs", "readonly": true}));
    assert_eq!(config["hostname"], "hello");
}

#[test]
fn the_hosts_network_is_no_namespace_and_its_sys_is_bound() {
    let document = |arguments| {
        let container = Definition::decode(&arguments, "x86_64-linux").unwrap();
        let closure = Closure::decode(&[], &StoreDir::default()).unwrap();
        let mounts = planned_mounts(&container, &closure);
        RuntimeConfig::new("hello", &container, &mounts, &closure).unwrap()
    };
    let has_namespace = |config: &RuntimeConfig| {
        let namespaces = config["linux"]["namespaces"].as_array().unwrap();
        namespaces.iter().any(|namespace| namespace["type"] == "network")
    };
    let sys = |config: &RuntimeConfig| {
        let mounts = config["mounts"].as_array().unwrap();
        mounts.iter().find(|mount| mount["destination"] == "/sys").unwrap().clone()
    };
    let kinds = ["user", "mount", "uts", "pid", "ipc"].map(|kind| json!({ "type": kind }));
    let ids = json!([{ "containerID": 0, "hostID": 1, "size": 1 }]);
    let own_user = json!({ "linux": { "namespaces": kinds, "uidMappings": ids, "gidMappings": ids } });
    for (network, is_own) in [("private", true), ("user", true), ("host", false)] {
        let config = document(json!({ "args": ["/bin/x"], "network": network }));
        assert_eq!(has_namespace(&config), is_own, "{network}");
        assert_eq!(sys(&config)["type"], "sysfs", "{network}");
    }
    // Nobody in a user namespace may mount the host's.
    let config = document(json!({ "args": ["/bin/x"], "network": "host", "config": own_user }));
    assert_eq!(sys(&config)["source"], "/sys");
}

#[test]
fn a_long_name_is_cut_to_a_host_name() {
    assert_eq!(hostname(&"n".repeat(200)).len(), 64);
}
