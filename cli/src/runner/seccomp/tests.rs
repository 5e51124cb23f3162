use super::*;

#[test]
fn a_runtime_says_whether_it_filters() {
    assert!(!lacks_by_version("crun version 1.8.1\nspec: 1.0.0\n+SYSTEMD +SECCOMP +YAJL\n"));
    assert!(lacks_by_version("crun version 1.8.1\n+SYSTEMD +YAJL\n"));
    assert!(!lacks_by_version("something else"));
    assert!(!lacks_by_features(r#"{ "linux": { "seccomp": { "enabled": true } } }"#));
    assert!(lacks_by_features(r#"{ "linux": { "seccomp": { "enabled": false } } }"#));
    assert!(lacks_by_features(r#"{ "linux": { "seccomp": null } }"#));
    assert!(!lacks_by_features(r#"{ "linux": { } }"#));
    assert!(!lacks_by_features("unknown command features"));
}
