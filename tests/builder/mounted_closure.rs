//! `store = "mount"`: a closure that stays in the store.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::{Value, json};

use crate::derivation::Derivation;
use crate::trees::hello;

#[test]
fn a_mounted_closure_leaves_mount_points_alone() {
    let mut derivation = Derivation::new(json!({ "args": ["x"], "store": "mount" }));
    let tree = derivation.add_tree("tree", &[("bin/x", "#!"), ("share/", "")]);
    let file = derivation.add("file", &[]);
    fs::write(&file, "contents").unwrap();
    let link = derivation.add("link", &["file"]);
    symlink(&file, &link).unwrap();

    let config = derivation.succeeds();

    assert_eq!(fs::read_dir(derivation.in_rootfs(&tree)).unwrap().count(), 0);
    assert_eq!(fs::read(derivation.in_rootfs(&file)).unwrap(), b"");
    assert_eq!(fs::read_link(derivation.in_rootfs(&link)).unwrap(), file);
    let store = derivation.store();
    let mounts = config["mounts"].as_array().unwrap().iter();
    let of_store: Vec<_> =
        mounts.filter(|mount| Path::new(mount["destination"].as_str().unwrap()).starts_with(&store)).collect();
    let entry = |path: &Path| {
        json!({
            "destination": path, "source": path, "type": "bind", "options": ["bind", "ro", "nosuid", "nodev"],
        })
    };
    let mut expected = [entry(&tree), entry(&file)];
    expected.sort_by_key(|entry| entry["destination"].to_string());
    assert_eq!(of_store, expected.iter().collect::<Vec<_>>());
}

#[test]
fn nothing_can_be_made_in_a_mounted_store_path() {
    let mut derivation = Derivation::new(json!({ "args": ["x"], "store": "mount" }));
    let tree = derivation.add_tree("tree", &[("share/", "")]);
    let name = tree.file_name().unwrap().to_str().unwrap().to_owned();
    // The store of these tests is below /tmp, where a mount would hide it.
    let mount_on = |place: &str| json!({ "/tmp": null, (tree.join(place).to_str().unwrap()): { "type": "tmpfs" } });
    // What is there already is fit to be mounted on.
    derivation.set("mounts", mount_on("share"));
    derivation.succeeds();
    fs::remove_dir_all(derivation.out()).unwrap();

    derivation.set("mounts", mount_on("new"));
    derivation.fails_with(&format!(
        "buildContainer: mounts.\"TMP/store/{name}/new\": making its mount point: 'TMP/store/{name}' is mounted from the host, so nothing can be made in it; set store = \"copy\""
    ));
}

#[test]
fn a_source_in_the_closure_comes_from_the_copy() {
    let mut derivation = hello();
    let tree = derivation.add_tree("tree", &[("etc/motd", "x")]);
    let link = derivation.add("link", &["tree"]);
    symlink(tree.join("etc"), &link).unwrap();
    derivation.set("mounts", json!({ "/a": tree, "/b": link.join("motd"), "/c": "/srv" }));

    let source = |config: &Value, destination: &str| {
        let mounts = config["mounts"].as_array().unwrap().iter();
        mounts.filter(|mount| mount["destination"] == destination).map(|mount| mount["source"].clone()).next().unwrap()
    };
    let config = derivation.succeeds();
    assert_eq!(source(&config, "/a"), format!("rootfs{}", tree.display()));
    assert_eq!(source(&config, "/b"), format!("rootfs{}/etc/motd", tree.display()));
    assert_eq!(source(&config, "/c"), "/srv");

    fs::remove_dir_all(derivation.out()).unwrap();
    derivation.set("store", json!("mount"));
    let config = derivation.succeeds();
    assert_eq!(source(&config, "/a"), tree.to_str().unwrap());
    assert_eq!(source(&config, "/b"), link.join("motd").to_str().unwrap());
}
