use serde_json::json;

use super::*;

#[test]
fn every_limit_has_its_controller() {
    for (field, value, expected) in [
        ("memory", json!({ "limit": 1 }), vec!["memory"]),
        ("pids", json!({ "limit": 1 }), vec!["pids"]),
        ("cpu", json!({ "cpus": "0", "shares": 5 }), vec!["cpuset", "cpu"]),
        ("blockIO", json!({}), vec!["io"]),
        ("hugepageLimits", json!([]), vec!["hugetlb"]),
        ("unified", json!({ "cgroup.freeze": "1", "memory.high": "5" }), vec!["memory"]),
    ] {
        assert_eq!(required_controllers(field, &value), expected);
    }
}
