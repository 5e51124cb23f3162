//! The files that are there without being asked for.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::derivation::Derivation;

const ALL: [&str; 9] = [
    "/etc/passwd",
    "/etc/group",
    "/etc/nsswitch.conf",
    "/etc/hosts",
    "/etc/hostname",
    "/etc/resolv.conf",
    "/var/empty",
    "/root",
    "/usr",
];

fn text(derivation: &Derivation, path: &str) -> String {
    fs::read_to_string(derivation.in_rootfs(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn environment(document: &Value) -> Vec<&str> {
    document["process"]["env"].as_array().unwrap().iter().map(|variable| variable.as_str().unwrap()).collect()
}

#[test]
fn they_know_the_containers_user_and_host() {
    let derivation =
        Derivation::new(json!({ "args": ["x"], "user": { "uid": 1000, "name": "web" }, "hostname": "db" }));
    let document = derivation.succeeds();
    assert!(text(&derivation, "/etc/passwd").contains("\nweb:x:1000:1000::/home/web:/bin/sh\n"));
    assert!(text(&derivation, "/etc/group").contains("\nweb:x:1000:\n"));
    assert_eq!(text(&derivation, "/etc/hosts"), "127.0.0.1 localhost db\n::1 localhost db\n");
    assert_eq!(text(&derivation, "/etc/hostname"), "db\n");
    assert_eq!(text(&derivation, "/etc/resolv.conf"), "");
    assert!(derivation.in_rootfs("/home/web").is_dir());
    assert!(environment(&document).contains(&"HOME=/home/web"));
}

#[test]
fn they_follow_what_a_patch_says_of_the_user_and_the_host() {
    let derivation = Derivation::new(json!({
        "args": ["x"],
        "config": { "hostname": "patched", "process": { "user": { "uid": 7, "gid": 8 } } },
    }));
    let document = derivation.succeeds();
    assert!(text(&derivation, "/etc/passwd").contains("\nuser:x:7:8::/home/user:/bin/sh\n"));
    assert_eq!(text(&derivation, "/etc/hostname"), "patched\n");
    assert!(environment(&document).contains(&"HOME=/home/user"));
}

#[test]
fn a_host_name_that_would_make_lines_of_its_own_is_left_out() {
    let derivation = Derivation::new(json!({ "args": ["x"], "hostname": "a\n1.2.3.4 bank" }));
    derivation.succeeds();
    assert_eq!(text(&derivation, "/etc/hosts"), "127.0.0.1 localhost\n::1 localhost\n");
}

#[test]
fn one_switch_leaves_all_of_them_out() {
    let derivation = Derivation::new(json!({ "args": ["x"], "baseFiles": false }));
    let document = derivation.succeeds();
    for path in ALL {
        assert!(!derivation.in_rootfs(path).exists(), "{path}");
    }
    assert!(!derivation.in_rootfs("/etc").exists());
    assert_eq!(environment(&document), ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]);
}

#[test]
fn each_can_be_replaced_or_left_out() {
    for path in &ALL[..6] {
        let mut derivation = Derivation::new(json!({ "args": ["x"] }));
        derivation.set("files", json!({ *path: { "text": "mine" } }));
        derivation.succeeds();
        assert_eq!(text(&derivation, path), "mine");
        fs::remove_dir_all(derivation.out()).unwrap();
        derivation.set("files", json!({ *path: null }));
        derivation.succeeds();
        let left: Vec<_> = ALL.iter().filter(|path| derivation.in_rootfs(path).exists()).collect();
        assert_eq!(left.len(), ALL.len() - 1, "{path}: {left:?}");
    }
}

#[test]
fn the_contents_have_precedence() {
    let mut derivation = Derivation::new(json!({ "args": ["x"] }));
    let nss = derivation.add_tree("nss", &[("etc/passwd", "theirs"), ("etc/group", "theirs"), ("var/empty/", "")]);
    derivation.set("contents", json!([nss]));
    derivation.succeeds();
    assert_eq!(fs::read_link(derivation.in_rootfs("/etc/passwd")).unwrap(), nss.join("etc/passwd"));
    assert_eq!(fs::read_link(derivation.in_rootfs("/var")).unwrap(), nss.join("var"));
    assert!(text(&derivation, "/etc/hosts").starts_with("127.0.0.1"));
    assert!(!derivation.in_rootfs(nss.join("etc/hosts")).exists());
}

#[test]
fn below_a_mount_there_are_none() {
    let mut derivation = Derivation::new(json!({ "args": ["x"] }));
    derivation.set("mounts", json!({ "/etc": "/srv/etc", "/root": { "type": "tmpfs" } }));
    derivation.succeeds();
    assert_eq!(fs::read_dir(derivation.in_rootfs("/etc")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(derivation.in_rootfs("/root")).unwrap().count(), 0);
}

#[test]
fn a_mount_may_go_on_one_of_them_without_saying_that_it_is_a_file() {
    let derivation = Derivation::new(json!({ "args": ["x"], "mounts": { "/etc/resolv.conf": "/etc/resolv.conf" } }));
    derivation.succeeds();
    assert!(derivation.in_rootfs("/etc/resolv.conf").is_file());
}

#[test]
fn what_stands_in_their_way_is_named() {
    let mut derivation = Derivation::new(json!({ "args": ["x"] }));
    let odd = derivation.add_tree("odd", &[("etc", "a file")]);
    derivation.set("contents", json!([odd]));
    let link: PathBuf = odd.join("etc");
    let shown = link.strip_prefix(derivation.store()).unwrap().display().to_string();
    derivation.fails_with(&format!(
        "buildContainer: baseFiles: making \"/etc/passwd\" (set baseFiles = false to leave the base files out): 'TMP/store/{shown}' is \
         a file"
    ));
}
