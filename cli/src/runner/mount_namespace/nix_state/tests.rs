use serde_json::json;

use super::*;

fn config(linux: &serde_json::Value) -> RuntimeConfig {
    RuntimeConfig::from(json!({ "linux": linux }))
}

#[test]
fn an_id_is_mapped_as_the_namespace_maps_it() {
    let user = json!([{ "type": "user" }]);
    let maps =
        json!([{ "containerID": 0, "hostID": 1, "size": 1000 }, { "containerID": 1000, "hostID": 0, "size": 1 }]);
    for (linux, id, wanted) in [
        (json!({}), 1000, Some(1000)),
        (json!({ "namespaces": [{ "type": "mount" }], "uidMappings": maps }), 7, Some(7)),
        (json!({ "namespaces": user, "uidMappings": maps }), 1000, Some(0)),
        (json!({ "namespaces": user, "uidMappings": maps }), 999, Some(1000)),
        (json!({ "namespaces": user, "uidMappings": maps }), 1001, None),
        (json!({ "namespaces": user }), 0, None),
        (json!({ "namespaces": [{ "type": "user", "path": "/x" }], "uidMappings": maps }), 0, None),
        (json!({}), u64::MAX, None),
    ] {
        assert_eq!(outer_id(&config(&linux), "uidMappings", id), wanted, "{linux} {id}");
    }
}
