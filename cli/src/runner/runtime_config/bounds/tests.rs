use serde_json::json;

use super::*;

#[test]
fn what_linux_has_no_room_for_is_named() {
    let longest = "/x".repeat(2047) + "/";
    let fitting = RuntimeConfig::from(json!({
        "process": { "cwd": longest },
        "mounts": [{ "destination": longest, "source": longest }, 7, { }],
        "linux": { "devices": [{ "path": longest }] },
    }));
    assert!(check(&fitting).is_ok() && check(&RuntimeConfig::from(json!(null))).is_ok());
    let long = longest + "x";
    for (field, config) in [
        ("process.cwd", json!({ "process": { "cwd": long } })),
        ("root.path", json!({ "root": { "path": long } })),
        ("mounts.1.destination", json!({ "mounts": [{}, { "destination": long }] })),
        ("mounts.0.source", json!({ "mounts": [{ "source": long }] })),
        ("linux.devices.0.path", json!({ "linux": { "devices": [{ "path": long }] } })),
    ] {
        let error = check(&config.into()).unwrap_err().to_string();
        assert_eq!(error, format!("{field}: found a path of 4096 bytes, want at most 4095, which is Linux's limit"));
    }
    let options = json!({ "mounts": [{ "options": ["ro", "x".repeat(4094)] }] });
    assert!(check(&options.into()).unwrap_err().to_string().starts_with("mounts.0.options: found 4096 bytes, want"));
    let maps = |count: usize| json!({ "linux": { "gidMappings": vec![json!({}); count] } }).into();
    assert!(check(&maps(340)).is_ok());
    assert_eq!(
        check(&maps(341)).unwrap_err().to_string(),
        "linux.gidMappings: found 341, want at most 340, which is Linux's limit"
    );
    let many = RuntimeConfig::from(json!({ "mounts": vec![json!(null); 100_001] }));
    assert!(check(&many).unwrap_err().to_string().starts_with("mounts: found 100001, want at most 100000"));
}
