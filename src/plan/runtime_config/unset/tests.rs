use serde_json::json;

use super::*;

#[test]
fn only_what_is_unset_is_left_out() {
    let mut config = RuntimeConfig::from(json!({
        "process": { "apparmorProfile": "", "selinuxLabel": "x", "cwd": "" },
        "linux": {
            "namespaces": [{ "type": "pid", "path": "" }, { "type": "ipc", "path": "/x" }],
            "resources": { "memory": { "limit": 0, "swap": -1, "reservation": 0 } },
        },
    }));
    drop_unset(&mut config);
    assert_eq!(
        *config.document(),
        json!({
            "process": { "selinuxLabel": "x", "cwd": "" },
            "linux": {
                "namespaces": [{ "type": "pid" }, { "type": "ipc", "path": "/x" }],
                "resources": { "memory": { "swap": -1, "reservation": 0 } },
            },
        })
    );
}
