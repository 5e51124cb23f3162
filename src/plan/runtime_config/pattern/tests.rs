use serde_json::json;

use super::*;

#[test]
fn a_pattern_finds_every_element() {
    let document = json!({"a": [{"b": 1}, {"c": 2}, {"b": null}, {"b": 3}]});
    let found: Vec<_> = find(&document, "a[].b").iter().map(|field| field.path().to_string()).collect();
    assert_eq!(found, ["config.a[0].b", "config.a[3].b"]);
    assert!(find(&document, "a.b").is_empty());
    assert!(find(&document, "x[].y").is_empty());
}
