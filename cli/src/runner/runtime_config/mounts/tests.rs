use super::*;

#[test]
fn a_bind_has_no_devices_and_no_set_user_id_unless_asked() {
    let options = |entry: Value| {
        let mut document = json!({ "mounts": [entry] });
        guard(&mut document);
        document["mounts"][0]["options"].clone()
    };
    let bind = |source: &str, given: &[&str]| options(json!({ "source": source, "type": "bind", "options": given }));
    assert_eq!(bind("/srv", &["rbind"]), json!(["rbind", "nosuid", "nodev"]));
    assert_eq!(bind("/srv", &["rbind", "suid", "dev"]), json!(["rbind", "suid", "dev"]));
    assert_eq!(bind("/srv", &["rnosuid", "rnodev"]), json!(["rnosuid", "rnodev"]));
    assert_eq!(bind("//dev/kvm", &["bind"]), json!(["bind", "nosuid"]));
    assert_eq!(bind("/development", &["bind"]), json!(["bind", "nosuid", "nodev"]));
    assert_eq!(bind("dev/kvm", &["bind"]), json!(["bind", "nosuid", "nodev"]));
    assert_eq!(options(json!({ "source": "/srv", "type": "bind" })), json!(["nosuid", "nodev"]));
    assert_eq!(options(json!({ "source": "tmpfs", "type": "tmpfs" })), Value::Null);
}

#[test]
fn a_mount_says_nothing_of_others() {
    let said = |entry: Value| check(&json!({ "mounts": [{}, entry] })).map_err(|error| error.to_string());
    assert_eq!(said(json!({ "destination": "/a..b/..c", "options": ["ro"] })), Ok(()));
    let error = said(json!({ "destination": "/x", "options": ["bind", "remount", "rw"] })).unwrap_err();
    assert!(error.starts_with("mounts.1.options: found 'remount', which changes another mount"), "{error}");
    for destination in ["/a/../b", "..", "/..", "/a/.."] {
        let error = said(json!({ "destination": destination })).unwrap_err();
        assert_eq!(error, format!("mounts.1.destination: found '{destination}', want a path without '..'"));
    }
}

#[test]
fn the_tmpfs_on_tmp_gets_a_size() {
    let size = |entry: Value| {
        let mut document = json!({ "mounts": [entry] });
        let is_set = set_size_of_tmp(&mut document, "8M".parse().unwrap());
        (is_set, document["mounts"][0]["options"].clone())
    };
    let tmp = json!({ "destination": "/tmp/", "type": "tmpfs", "options": ["mode=1777", "size=50%"] });
    assert_eq!(size(tmp), (true, json!(["mode=1777", "size=8388608"])));
    assert_eq!(size(json!({ "destination": "/tmp", "type": "tmpfs" })), (true, json!(["size=8388608"])));
    assert_eq!(size(json!({ "destination": "/run", "type": "tmpfs" })), (false, Value::Null));
    assert_eq!(size(json!({ "destination": "/tmp", "type": "bind" })), (false, Value::Null));
}

#[test]
fn a_source_in_the_root_file_system_is_known() {
    let path = |source: &str| {
        let document = json!({ "mounts": [{ "destination": "/x", "source": source, "options": ["rbind"] }] });
        all(&document)[0].path_in_root("rootfs")
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
