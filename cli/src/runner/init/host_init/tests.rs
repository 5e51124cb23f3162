use serde_json::json;

use super::*;

#[test]
fn it_is_where_the_runtime_makes_the_mount_point_in_the_container_alone() {
    let dev = json!({ "destination": "/dev", "type": "tmpfs", "options": ["nosuid"] });
    let read_only = json!({ "destination": "/dev", "type": "tmpfs", "options": ["ro"] });
    let of_host = json!({ "destination": "/dev/", "type": "bind", "source": "/dev", "options": ["rbind"] });
    let below = json!({ "destination": "/dev/shm", "type": "bind", "source": "/srv" });
    for (mounts, place) in [
        (vec![&dev], IN_DEV),
        (vec![&dev, &below], IN_DEV),
        (vec![&of_host, &dev], IN_DEV),
        (vec![&dev, &of_host], IN_ROOT),
        (vec![&read_only], IN_ROOT),
        (vec![&below], IN_ROOT),
        (vec![], IN_ROOT),
    ] {
        let config = RuntimeConfig::from(json!({ "mounts": mounts }));
        assert_eq!(mount_point(&config), place, "{mounts:?}");
    }
}

#[test]
fn it_stands_in_front_and_the_annotation_says_so() {
    let annotation = r#"{"stopSignal":"SIGQUIT"}"#;
    let mut config =
        RuntimeConfig::from(json!({ "process": { "args": ["x"] }, "annotations": { ANNOTATION: annotation } }));
    HostInit("/bin/init".into()).put_into(&mut config).unwrap();
    assert_eq!(config["process"]["args"], json!([IN_ROOT, "--", "x"]));
    assert_eq!(config["mounts"][0]["source"], "/bin/init");
    let settings = RunSettings::from_annotation(config["annotations"][ANNOTATION].as_str().unwrap()).unwrap();
    assert_eq!((settings.init, settings.stop_signal.as_deref()), (Some(Init::at(IN_ROOT)), Some("SIGQUIT")));
}
