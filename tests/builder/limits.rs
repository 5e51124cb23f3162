//! The argument `limits`: the resources of config.json.

use serde_json::{Value, json};

use crate::derivation::Derivation;

fn resources(arguments: Value) -> Value {
    let mut all = json!({ "args": ["x"] });
    all.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
    Derivation::new(all).succeeds()["linux"]["resources"].clone()
}

/// The default rules for devices: none may be used.
fn devices() -> Value {
    json!([{ "allow": false, "access": "rwm" }])
}

#[test]
fn they_are_beside_the_rules_for_devices() {
    let limits = json!({ "memory": "512M", "cpus": 1.5, "pids": 100 });
    let wanted = json!({
        "devices": devices(),
        "memory": { "limit": 536_870_912 },
        "cpu": { "quota": 150_000, "period": 100_000 },
        "pids": { "limit": 100 },
    });
    assert_eq!(resources(json!({ "limits": limits })), wanted);
    assert_eq!(resources(json!({})), json!({ "devices": devices() }));
}

#[test]
fn a_patch_wins_and_adds() {
    let patch = json!({ "linux": { "resources": { "memory": { "limit": 1 << 30, "swap": 1 << 30 }, "pids": null } } });
    let found = resources(json!({ "limits": { "memory": "512M", "pids": 5 }, "config": patch }));
    assert_eq!(found, json!({ "devices": devices(), "memory": { "limit": 1 << 30, "swap": 1 << 30 } }));
}

#[test]
fn what_contradicts_them_is_named() {
    let patch = json!({ "linux": { "resources": { "memory": { "swap": 1 << 20 } } } });
    Derivation::new(json!({ "args": ["x"], "limits": { "memory": "512M" }, "config": patch })).fails_with(
        "buildContainer: config.linux.resources.memory.swap: found 1048576 (an integer), want at least \
         config.linux.resources.memory.limit, which is 536870912: 'swap' limits memory and swap together",
    );
}
