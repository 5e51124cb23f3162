use serde_json::json;

use super::super::document::RuntimeConfig;
use super::*;

#[test]
fn a_source_in_the_root_file_system_is_known() {
    let path = |source: &str| {
        let config =
            RuntimeConfig::from(json!({ "mounts": [{ "destination": "/x", "source": source, "options": ["rbind"] }] }));
        config.mounts()[0].path_in_root("rootfs")
    };
    for (source, expected) in [
        ("rootfs/srv/x", Some("srv/x")),
        ("./rootfs", Some(".")),
        ("rootfs/../config.json", None),
        ("data", None),
        ("rootfs-too/x", None),
        ("/rootfs/x", None),
    ] {
        assert_eq!(path(source).as_deref(), expected, "{source}");
    }
}

#[test]
fn a_path_is_normal_or_none() {
    assert_eq!(normal("//a/./b/"), Some("/a/b".into()));
    assert_eq!(normal("/a/../b"), None);
}
