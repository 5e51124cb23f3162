//! The files that are there without being asked for.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::derivation::Derivation;

const ALL: [&str; 13] = [
    "/etc/passwd",
    "/etc/group",
    "/etc/nsswitch.conf",
    "/etc/hosts",
    "/etc/hostname",
    "/etc/resolv.conf",
    "/etc/mtab",
    "/var/run",
    "/var/empty",
    "/var/tmp",
    "/root",
    "/run",
    "/usr",
];

/// Those of them that are files or links.
const FILES: usize = 8;

fn text(derivation: &Derivation, path: &str) -> String {
    fs::read_to_string(derivation.in_rootfs(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Whether there is something, be it a link that leads nowhere outside of the container.
fn is_there(derivation: &Derivation, path: &str) -> bool {
    derivation.in_rootfs(path).symlink_metadata().is_ok()
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
        assert!(!is_there(&derivation, path), "{path}");
    }
    assert!(!derivation.in_rootfs("/etc").exists());
    assert_eq!(environment(&document), ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]);
}

#[test]
fn each_can_be_replaced_or_left_out() {
    for path in &ALL[..FILES] {
        let mut derivation = Derivation::new(json!({ "args": ["x"] }));
        derivation.set("files", json!({ *path: { "text": "mine" } }));
        derivation.succeeds();
        assert_eq!(text(&derivation, path), "mine");
        fs::remove_dir_all(derivation.out()).unwrap();
        derivation.set("files", json!({ *path: null }));
        derivation.succeeds();
        let left: Vec<_> = ALL.iter().filter(|path| is_there(&derivation, path)).collect();
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
    assert_eq!(fs::read_link(derivation.in_rootfs("/var/empty")).unwrap(), nss.join("var/empty"));
    assert!(text(&derivation, "/etc/hosts").starts_with("127.0.0.1"));
    assert!(!derivation.in_rootfs(nss.join("etc/hosts")).exists());
}

#[test]
fn what_is_written_at_run_time_has_a_place() {
    let derivation = Derivation::new(json!({ "args": ["x"] }));
    derivation.succeeds();
    for (link, target) in [("/etc/mtab", "/proc/mounts"), ("/var/run", "/run")] {
        assert_eq!(fs::read_link(derivation.in_rootfs(link)).unwrap(), PathBuf::from(target));
    }
    for directory in ["/run", "/var/tmp"] {
        assert_eq!(fs::read_dir(derivation.in_rootfs(directory)).unwrap().count(), 0, "{directory}");
    }
}

#[test]
fn a_link_gives_way_to_what_packages_files_directories_and_mounts_have() {
    let mut derivation = Derivation::new(json!({ "args": ["x"] }));
    let mut read = |attribute: &str, value: Value, path: &str| {
        for other in ["contents", "directories", "files", "mounts"] {
            derivation.set(other, Value::Null);
        }
        derivation.set(attribute, value);
        derivation.succeeds();
        let found = derivation.in_rootfs(path);
        let metadata = found.symlink_metadata().unwrap_or_else(|error| panic!("{attribute}: {path}: {error}"));
        let target = metadata.is_symlink().then(|| fs::read_link(&found).unwrap().display().to_string());
        fs::remove_dir_all(derivation.out()).unwrap();
        target.unwrap_or_else(|| if metadata.is_dir() { "directory" } else { "file" }.to_owned())
    };
    assert_eq!(read("files", json!({ "/etc/mtab": { "text": "" } }), "/etc/mtab"), "file");
    assert_eq!(read("files", json!({ "/var/run/app/x": { "text": "" } }), "/var/run"), "directory");
    assert_eq!(read("directories", json!({ "/var/run": {} }), "/var/run"), "directory");
    assert_eq!(read("mounts", json!({ "/var/run": { "type": "tmpfs" } }), "/var/run"), "directory");
    assert_eq!(read("mounts", json!({ "/etc/mtab": "/srv/mtab" }), "/etc/mtab"), "directory");
    // What is mounted below a link is below what that leads to.
    assert_eq!(read("mounts", json!({ "/var/run/docker.sock": "/run/docker.sock" }), "/var/run"), "/run");
    assert_eq!(read("mounts", json!({ "/var/run/docker.sock": "/run/docker.sock" }), "/run/docker.sock"), "directory");
}

#[test]
fn a_package_keeps_its_links_that_lead_nowhere_yet() {
    let mut derivation = Derivation::new(json!({ "args": ["x"] }));
    let package = derivation.add_tree("links", &[("etc/x", ""), ("var/x", "")]);
    for (link, target) in [("etc/mtab", "/proc/self/mounts"), ("var/run", "/srv/run")] {
        std::os::unix::fs::symlink(target, package.join(link)).unwrap();
    }
    derivation.set("contents", json!([package]));
    derivation.succeeds();
    for (link, target) in [("/etc/mtab", "/proc/self/mounts"), ("/var/run", "/srv/run")] {
        // It is a link to the package's, which the container sees.
        let store = fs::read_link(derivation.in_rootfs(link)).unwrap();
        assert_eq!(fs::read_link(store).unwrap(), PathBuf::from(target));
    }
    assert!(!derivation.in_rootfs("/proc/self").exists());
}

#[test]
fn certificates_have_the_name_that_programs_look_for() {
    let mut derivation = Derivation::new(json!({ "args": ["x"] }));
    let (bundle, certificates) = ("etc/ssl/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt");
    let cacert = derivation.add_tree("cacert", &[(bundle, "ours")]);
    let both = derivation.add_tree("both", &[(bundle, "ours"), (&certificates[1..], "theirs")]);
    for (arguments, target) in [
        (json!({ "contents": [cacert] }), Some("/etc/ssl/certs/ca-bundle.crt".to_owned())),
        (json!({ "contents": [both] }), None),
        (json!({ "contents": [cacert], "files": { certificates: null } }), None),
        (json!({ "contents": [cacert], "files": { certificates: { "text": "mine" } } }), None),
        (json!({ "contents": [cacert], "mounts": { "/etc/ssl": "/etc/ssl" } }), None),
        (json!({ "contents": [cacert], "baseFiles": false }), None),
        (json!({ "contents": [] }), None),
        (json!({ "files": { format!("/{bundle}"): { "text": "mine" } } }), Some(format!("/{bundle}"))),
    ] {
        for name in ["contents", "files", "mounts", "baseFiles"] {
            derivation.set(name, arguments.get(name).cloned().unwrap_or(Value::Null));
        }
        derivation.succeeds();
        let found = fs::read_link(derivation.in_rootfs(certificates)).ok();
        let found = found.filter(|target| !target.starts_with(derivation.store()));
        assert_eq!(found.map(|target| target.display().to_string()), target, "{arguments}");
        fs::remove_dir_all(derivation.out()).unwrap();
    }
    // The package has no more than it had.
    assert_eq!(fs::read_dir(cacert.join("etc/ssl/certs")).unwrap().count(), 1);
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
