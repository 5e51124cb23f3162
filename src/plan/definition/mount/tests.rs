use super::*;

fn decode(value: &Value) -> Result<Mount, String> {
    Mount::decode(&Field::root(value)).map_err(|mistake| mistake.to_string())
}

#[test]
fn a_string_is_a_read_write_bind_of_that_path() {
    assert_eq!(
        decode(&json!("/srv/data")).unwrap(),
        Mount {
            kind: "bind".into(),
            source: "/srv/data".into(),
            options: vec!["rbind".into()],
            mount_point: None,
            uid_mappings: Vec::new(),
            gid_mappings: Vec::new(),
        }
    );
}

#[test]
fn a_bind_mount_has_the_option_that_makes_it_one() {
    for (value, kind, options) in [
        (json!({"type": "bind", "source": "/s", "options": ["ro"]}), "bind", vec!["rbind", "ro"]),
        (json!({"type": "bind", "source": "/s", "options": ["bind"]}), "bind", vec!["bind"]),
        (json!({"type": "none", "source": "/s", "options": ["bind"]}), "none", vec!["bind"]),
        (json!({"source": "/s"}), "bind", vec!["rbind"]),
        (json!({"source": "/s", "options": ["ro", "rbind"]}), "bind", vec!["ro", "rbind"]),
    ] {
        let mount = decode(&value).unwrap();
        assert_eq!((mount.kind.as_str(), mount.options), (kind, options.iter().map(ToString::to_string).collect()));
    }
}

#[test]
fn other_file_systems_stay_as_they_are() {
    let mount = decode(&json!({"type": "tmpfs", "options": ["size=1m"]})).unwrap();
    assert_eq!(mount, Mount::new("tmpfs", "tmpfs", &["size=1m"]));
    let mount = decode(&json!({"type": "ext4", "source": "/dev/sdb1", "options": null})).unwrap();
    assert_eq!(mount, Mount::new("ext4", "/dev/sdb1", &[]));
    let document = mount.document(&Destination::parse("/x").unwrap());
    assert_eq!(document, json!({"destination": "/x", "type": "ext4", "source": "/dev/sdb1"}));
}

#[test]
fn users_and_groups_may_be_mapped() {
    let mapping = json!([{"containerID": 0, "hostID": 1000, "size": 1}]);
    let entry = json!({"source": "/s", "uidMappings": mapping, "gidMappings": mapping});
    let document = decode(&entry).unwrap().document(&Destination::parse("/x").unwrap());
    assert_eq!((&document["uidMappings"], &document["gidMappings"]), (&mapping, &mapping));
}

#[test]
fn a_mount_point_may_be_chosen() {
    let mount = decode(&json!({"source": "/etc/hosts", "mountPoint": "file"})).unwrap();
    assert_eq!(mount.mount_point, Some(MountPoint::File));
}
