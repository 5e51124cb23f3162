use serde_json::json;

use super::*;

#[test]
fn a_name_that_differs_in_case_is_found() {
    for (config, name, known) in [
        (json!({ "Mounts": [] }), "Mounts", "mounts"),
        (json!({ "MOUNTS": [] }), "MOUNTS", "mounts"),
        (json!({ "mount\u{17f}": [] }), "mount\u{17f}", "mounts"),
        (json!({ "hooks": { "CreateRuntime": [] } }), "CreateRuntime", "createRuntime"),
        (json!({ "linux": { "Devices": [] } }), "Devices", "devices"),
        (json!([{ "\u{212a}": 1, "mounts": [{ "Source": "/" }] }]), "Source", "source"),
    ] {
        assert_eq!(find_ambiguous(&config), Some(Ambiguous::Field(name.to_owned(), known)));
    }
    let free = json!({ "mounts": [], "annotations": { "Path": "x" }, "linux": { "sysctl": { "User": "" } } });
    assert_eq!(find_ambiguous(&free), None);
}

#[test]
fn a_nul_is_found_wherever_it_is() {
    let nul = |text: &str| Some(Ambiguous::Nul(text.to_owned()));
    assert_eq!(find_ambiguous(&json!({ "hooks\0": {} })), nul("hooks\0"));
    assert_eq!(find_ambiguous(&json!({ "mounts": [{ "options": ["rbind\0", "ro"] }] })), nul("rbind\0"));
    assert_eq!(find_ambiguous(&json!({ "annotations": { "a": "\0" } })), nul("\0"));
    assert_eq!(find_ambiguous(&json!({ "annotations": { "a\0b": { } } })), nul("a\0b"));
}
