use serde_json::Value;

use super::*;

#[test]
fn a_bind_has_no_devices_and_no_set_user_id_unless_asked() {
    let options = |entry: Value| {
        let mut config = RuntimeConfig::from(json!({ "mounts": [entry] }));
        guard(&mut config);
        config["mounts"][0]["options"].clone()
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
    let said =
        |entry: Value| check(&RuntimeConfig::from(json!({ "mounts": [{}, entry] }))).map_err(|error| error.to_string());
    assert_eq!(said(json!({ "destination": "/a..b/..c", "options": ["ro"] })), Ok(()));
    let error = said(json!({ "destination": "/x", "options": ["bind", "remount", "rw"] })).unwrap_err();
    assert!(error.starts_with("mounts.1.options: found 'remount', which changes another mount"), "{error}");
    for destination in ["/a/../b", "..", "/..", "/a/.."] {
        let error = said(json!({ "destination": destination })).unwrap_err();
        assert_eq!(error, format!("mounts.1.destination: found '{destination}', want a path without '..'"));
    }
}
