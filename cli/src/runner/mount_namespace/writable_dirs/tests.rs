use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use rustix::fs::CWD;
use serde_json::json;

use super::*;

fn open(path: &Path) -> OwnedFd {
    open_to_list(CWD, path.strip_prefix("/").unwrap())
        .or_else(|_| rustix::fs::openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY, Mode::empty()))
        .unwrap()
}

#[test]
fn every_directory_is_there_however_deep_and_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let [lower, layer] = ["lower", "layer"].map(|name| folder.path().join(name));
    let deep: PathBuf = std::iter::repeat_n("d", 1900).collect();
    fs::create_dir_all(lower.join(&deep)).unwrap();
    fs::create_dir_all(lower.join("nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash/bin")).unwrap();
    symlink("/etc", lower.join("link")).unwrap();
    fs::create_dir(&layer).unwrap();
    make(open(&lower), open(&layer), Privilege::Rootless).unwrap();
    assert!(layer.join(&deep).is_dir());
    assert!(layer.join("nix/store").is_dir());
    assert!(!layer.join("nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash").exists());
    assert!(layer.join("link").symlink_metadata().is_err());
}

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
    set_modes(open(&layer), &RuntimeConfig::from(json!({ "mounts": mounts }))).unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("outside/tmp"), 0o755);
    assert_eq!((mode("layer/tmp"), mode("layer/srv")), (0o1777, 0o1777));
}
