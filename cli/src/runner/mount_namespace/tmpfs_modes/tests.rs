use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use rustix::fs::CWD;
use serde_json::json;

use super::*;

#[test]
fn no_mode_outside_of_the_layer_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let layer = folder.path().join("layer");
    for name in ["outside/tmp", "layer/tmp", "layer/srv"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    symlink("../outside", layer.join("link")).unwrap();
    let destinations = [
        folder.path().join("outside/tmp").to_str().unwrap().to_owned(),
        format!("/{}", folder.path().join("outside/tmp").display()),
        "/../outside/tmp".to_owned(),
        "/link/tmp".to_owned(),
        "/tmp".to_owned(),
        "/../srv/".to_owned(),
    ];
    let mounts: Vec<_> = destinations
        .iter()
        .map(|destination| json!({ "type": "tmpfs", "destination": destination, "options": ["mode=1777"] }))
        .collect();
    let root = rustix::fs::openat(CWD, &layer, OFlags::PATH, Mode::empty()).unwrap();
    set_in(root, &RuntimeConfig::from(json!({ "mounts": mounts }))).unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("outside/tmp"), 0o755);
    assert_eq!((mode("layer/tmp"), mode("layer/srv")), (0o1777, 0o1777));
}
