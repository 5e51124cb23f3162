use serde_json::json;

use super::*;

#[test]
fn what_no_run_can_give_is_named() {
    let said = |config: RuntimeConfig| check(&config).map_err(|error| error.to_string());
    let plain = RuntimeConfig::from(json!({
        "process": { "capabilities": { "bounding": ["CAP_SYS_ADMIN", "CAP_CHECKPOINT_RESTORE"] } },
        "linux": { "namespaces": [{ "type": "mount" }, { "type": "network", "path": "/run/netns/x" }] },
    }));
    assert_eq!(said(plain), Ok(()));
    for name in ["cap_sys_admin", "21", "CAP_21", "CAP_", "SYS_ADMIN", "CAP_SYS_ADMIN ", "all"] {
        let error =
            said(RuntimeConfig::from(json!({ "process": { "capabilities": { "ambient": [name] } } }))).unwrap_err();
        assert!(error.starts_with(&format!("process.capabilities.ambient: found '{name}', want ")), "{error}");
    }
    let error = said(RuntimeConfig::from(json!({ "linux": { "cgroupsPath": "../x" } }))).unwrap_err();
    assert_eq!(error, "linux.cgroupsPath: found '../x', want a path without '..'");
    let error = said(RuntimeConfig::from(
        json!({ "linux": { "namespaces": [{ "type": "mount", "path": "/proc/1/ns/mnt" }] } }),
    ));
    assert!(
        error.unwrap_err().starts_with("linux.namespaces: found the mount namespace '/proc/1/ns/mnt', which lacks")
    );
}
