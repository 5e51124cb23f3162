use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{CWD, FileType};
use serde_json::{Value, json};

use super::*;
use crate::runner::runtime_config::RuntimeConfig;

/// Store paths, of which the last is a file.
const NAMES: [&str; 3] = ["a", "b", "file"];

fn plain(name: &str) -> Value {
    let path = format!("/nix/store/{name}");
    json!({ "destination": path, "source": path, "type": "bind", "options": ["bind", "ro", "nosuid", "nodev"] })
}

fn tmpfs(place: &str) -> Value {
    json!({ "destination": place, "source": "tmpfs", "type": "tmpfs" })
}

fn bind(place: &str) -> Value {
    json!({ "destination": place, "source": "/srv", "type": "bind", "options": ["rbind"] })
}

/// The names of what is chosen of the plain mounts with these before and behind them.
fn chosen_between(before: &[Value], behind: &[Value], change: impl FnOnce(&Path)) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let [store, rootfs] = ["store", "rootfs"].map(|name| folder.path().join(name));
    for place in [&store, &rootfs.join("nix/store")] {
        for directory in ["a/deep", "b"] {
            fs::create_dir_all(place.join(directory)).unwrap();
        }
        fs::write(place.join("file"), "").unwrap();
    }
    change(folder.path());
    let mounts: Vec<_> = before.iter().cloned().chain(NAMES.map(plain)).chain(behind.iter().cloned()).collect();
    let kinds = [FileType::Directory, FileType::Directory, FileType::RegularFile];
    let in_store: Vec<_> =
        kinds.into_iter().enumerate().map(|(number, kind)| InStore { index: before.len() + number, kind }).collect();
    let open = |path: &Path| rustix::fs::openat(CWD, path, OFlags::PATH, Mode::empty()).unwrap();
    let (tree, rootfs) = (open(&store), open(&rootfs));
    let trees = Trees { store: "/nix/store".into(), tree: tree.as_fd(), rootfs: rootfs.as_fd(), lower: rootfs.as_fd() };
    let config = RuntimeConfig::from(json!({ "mounts": mounts }));
    let chosen = trees.choose(&config.mounts(), &in_store);
    for chosen in &chosen {
        assert_eq!(config.mounts()[chosen.index].source, format!("/nix/store/{}", chosen.name));
    }
    chosen.into_iter().map(|chosen| chosen.name).collect()
}

/// Wherever the other mount is in the list.
fn chosen_beside(mount: &Value, change: impl Fn(&Path)) -> Vec<String> {
    let before = chosen_between(std::slice::from_ref(mount), &[], &change);
    assert_eq!(before, chosen_between(&[], std::slice::from_ref(mount), &change), "{mount}");
    before
}

#[test]
fn mounts_elsewhere_change_nothing() {
    for place in ["/dev", "/new/place", "/nix/other", "/nix/store-2", "/etc/"] {
        assert_eq!(chosen_beside(&bind(place), |_| ()), NAMES, "{place}");
        assert_eq!(chosen_beside(&tmpfs(place), |_| ()), NAMES, "{place}");
    }
    assert_eq!(chosen_between(&[tmpfs("/dev"), bind("/dev/null")], &[bind("/dev/zero")], |_| ()), NAMES);
}

#[test]
fn a_mount_in_the_store_holds_its_entry() {
    for place in ["/nix/store/a", "/nix/store/a/deep", "/nix/store//a/./new"] {
        assert_eq!(chosen_beside(&bind(place), |_| ()), ["b", "file"], "{place}");
    }
    assert_eq!(chosen_beside(&plain("a"), |_| ()), ["b", "file"]);
    assert_eq!(chosen_beside(&bind("/nix/store/new"), |_| ()), NAMES);
}

#[test]
fn a_mount_of_the_store_or_above_it_holds_all() {
    for place in ["/nix/store", "/nix/", "/", "/nix/store/.", "/nix/../x"] {
        assert_eq!(chosen_beside(&bind(place), |_| ()), [""; 0], "{place}");
        assert_eq!(chosen_beside(&tmpfs(place), |_| ()), [""; 0], "{place}");
    }
}

#[test]
fn what_leads_through_links_holds_all() {
    let in_root = |folder: &Path| symlink("nix", folder.join("rootfs/link")).unwrap();
    assert_eq!(chosen_beside(&bind("/link/store/a"), in_root), [""; 0]);
    assert_eq!(chosen_beside(&bind("/link"), in_root), [""; 0]);
    let in_store_path = |folder: &Path| symlink("../b", folder.join("store/a/link")).unwrap();
    assert_eq!(chosen_beside(&bind("/nix/store/a/link"), in_store_path), [""; 0]);
    assert_eq!(chosen_beside(&bind("/nix/store/a/link/x"), in_store_path), [""; 0]);
    // Nobody has looked into what is mounted.
    assert_eq!(chosen_between(&[bind("/srv"), bind("/srv/x")], &[], |_| ()), [""; 0]);
    let copying = json!({ "destination": "/srv", "type": "tmpfs", "options": ["tmpcopyup"] });
    assert_eq!(chosen_between(&[copying, bind("/srv/x")], &[], |_| ()), [""; 0]);
}

#[test]
fn a_mount_point_that_is_not_there_is_the_runtimes() {
    let store = |folder: &Path| folder.join("rootfs/nix/store");
    assert_eq!(chosen_between(&[], &[], |folder| fs::remove_dir(store(folder).join("b")).unwrap()), ["a", "file"]);
    let linked = |folder: &Path| {
        fs::remove_file(store(folder).join("file")).unwrap();
        symlink("/etc/passwd", store(folder).join("file")).unwrap();
    };
    // A runtime follows the link, to what may be another one's place.
    assert_eq!(chosen_between(&[], &[], linked), [""; 0]);
    let exchanged = |folder: &Path| {
        fs::remove_dir(store(folder).join("b")).unwrap();
        fs::write(store(folder).join("b"), "").unwrap();
    };
    assert_eq!(chosen_between(&[], &[], exchanged), ["a", "file"]);
    let store_linked = |folder: &Path| {
        fs::rename(store(folder), folder.join("rootfs/other")).unwrap();
        symlink("../other", store(folder)).unwrap();
    };
    assert_eq!(chosen_between(&[], &[], store_linked), [""; 0]);
}
