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

#[test]
fn a_plain_bind_asks_for_nothing_else() {
    let is_plain = |change: &dyn Fn(&mut Value)| {
        let options = json!(["bind", "ro", "nosuid", "nodev"]);
        let mut entry = json!({ "destination": "/x", "source": "/x", "type": "bind", "options": options });
        change(&mut entry);
        Mount::new(0, &entry).is_plain_read_only_bind()
    };
    assert!(is_plain(&|_| ()));
    assert!(is_plain(&|entry| entry["options"] = json!(["nodev", "nosuid", "ro", "ro", "bind"])));
    assert!(is_plain(&|entry| entry["type"] = json!("none")));
    for more in ["rbind", "rro", "rw", "noexec", "private", "dev", "idmap", "size=1"] {
        assert!(!is_plain(&|entry| entry["options"].as_array_mut().unwrap().push(json!(more))), "{more}");
    }
    for index in 0..4 {
        assert!(!is_plain(&|entry| drop(entry["options"].as_array_mut().unwrap().remove(index))), "{index}");
    }
    assert!(!is_plain(&|entry| entry["uidMappings"] = json!([])));
    assert!(!is_plain(&|entry| entry["type"] = json!("tmpfs")));
}
