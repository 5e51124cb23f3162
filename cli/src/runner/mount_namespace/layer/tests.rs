use std::fs;
use std::os::unix::fs::symlink;

use rustix::fs::CWD;
use serde_json::json;

use super::*;

fn needed_with(change: impl FnOnce(&mut RuntimeConfig)) -> Option<Layer> {
    let folder = tempfile::tempdir().unwrap();
    for name in ["dev", "srv", "run"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    symlink("/run", folder.path().join("linked")).unwrap();
    let root = rustix::fs::openat(CWD, folder.path(), OFlags::PATH, Mode::empty()).unwrap();
    let mut config = RuntimeConfig::from(json!({
        "root": { "path": "rootfs", "readonly": true },
        "process": { "cwd": "/srv" },
        "mounts": [{ "destination": "/dev", "type": "tmpfs" }],
    }));
    change(&mut config);
    required_layer(&config, &root, false)
}

fn with_mount(entry: serde_json::Value) -> Option<Layer> {
    needed_with(|config| config["mounts"].as_array_mut().unwrap().push(entry))
}

const PLAIN: Option<Layer> = Some(Layer { has_devices: false });
const WITH_DEVICES: Option<Layer> = Some(Layer { has_devices: true });

#[test]
fn a_container_that_has_all_it_needs_has_none() {
    assert_eq!(needed_with(|_| ()), None);
    for destination in ["/srv", "//srv/", "/dev/deep/below", "/linked", "/srv/."] {
        assert_eq!(with_mount(json!({ "destination": destination, "type": "tmpfs" })), None, "{destination}");
    }
    let relative = json!({ "destination": "/srv", "source": "rootfs/srv", "options": ["rbind", "ro"] });
    assert_eq!(with_mount(relative), None);
}

#[test]
fn what_a_runtime_would_make_needs_one() {
    for destination in ["/new", "/srv/new", "/linked/new", "/../srv", "/", "srv/../new"] {
        assert_eq!(with_mount(json!({ "destination": destination, "type": "tmpfs" })), PLAIN, "{destination}");
    }
    let relative = json!({ "destination": "/srv", "source": "rootfs/srv", "options": ["rbind", "rw"] });
    assert_eq!(with_mount(relative), PLAIN);
    let capabilities = json!({ "bounding": ["CAP_KILL", "CAP_SYS_ADMIN"] });
    assert_eq!(needed_with(|config| config["process"]["capabilities"] = capabilities), PLAIN);
    assert_eq!(needed_with(|config| config["root"]["readonly"] = json!(false)), PLAIN);
    assert_eq!(needed_with(|config| config["process"]["cwd"] = json!("/new")), PLAIN);
    assert_eq!(needed_with(|config| config["process"]["cwd"] = json!("/dev/new")), None);
}

#[test]
fn a_mount_covers_what_is_below_it() {
    let mut mounted = Mounted::default();
    for place in ["/a/b", "/a/b-c", "/a/b/c/d", "/a/b/c", "/x/y", "/x", "/x-y"] {
        mounted.insert(place.into());
    }
    for path in ["/a/b", "/a/b/c", "/a/b/z/z", "/a/b-c/d", "/x", "/x/y/z", "/x-y/1"] {
        assert!(mounted.covers(path.into()), "{path}");
    }
    for path in ["/a", "/a/a", "/a/b-", "/a/b-d", "/w", "/x-", "/", "/z"] {
        assert!(!mounted.covers(path.into()), "{path}");
    }
    assert_eq!(mounted.0.len(), 4);
}

#[test]
fn device_nodes_need_one_that_holds_them() {
    assert_eq!(needed_with(|config| config["mounts"] = json!([])), WITH_DEVICES);
    let device = |path: &str| needed_with(|it| it["linux"] = json!({ "devices": [{ "path": path }] }));
    assert_eq!(device("/srv/null"), WITH_DEVICES);
    assert_eq!(device("/dev/../srv/null"), WITH_DEVICES);
    assert_eq!(device("/dev/null"), None);
}
