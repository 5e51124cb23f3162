use serde_json::json;

use super::*;

#[test]
fn a_device_is_the_same_by_type_and_numbers() {
    let null = json!({ "path": "/dev/null", "type": "c", "major": 1, "minor": 3 });
    assert!(has_device(&null));
    for (name, value) in [("path", json!("/dev/nothing")), ("type", json!("b")), ("minor", json!(4))] {
        let mut other = null.clone();
        other[name] = value;
        assert!(!has_device(&other), "{other}");
    }
}
