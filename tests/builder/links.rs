//! Links of packages on the way to what is made.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, ResolveFlags};
use serde_json::json;

use crate::derivation::Derivation;
use crate::mount_points::{set_mounts, with_mounts};

/// A package with a directory `run`, and a link to it in another directory.
fn with_link(target: &str, has_run: bool) -> Derivation {
    let mut derivation = with_mounts(json!({ "/var/run/secrets": { "type": "tmpfs" } }));
    let mut files = vec![("var/lib/x", "")];
    if has_run {
        files.push(("run/keep/x", ""));
    }
    let package = derivation.add_tree("package", &files);
    symlink(target.replace("PACKAGE", package.to_str().unwrap()), package.join("var/run")).unwrap();
    derivation.set("contents", json!([package]));
    derivation
}

/// Where a path leads in the container, from its root.
fn resolved(derivation: &Derivation, path: &str) -> PathBuf {
    let root = rustix::fs::open(derivation.in_rootfs("/"), OFlags::PATH, Mode::empty()).unwrap();
    let file = rustix::fs::openat2(&root, path, OFlags::PATH, Mode::empty(), ResolveFlags::IN_ROOT).unwrap();
    let place = fs::read_link(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file))).unwrap();
    Path::new("/").join(place.strip_prefix(derivation.in_rootfs("/")).unwrap())
}

#[test]
fn a_link_of_a_package_stays_and_what_it_leads_to_is_opened_up() {
    for target in ["/run", "../run", "lib/../../run/", "PACKAGE/run", "../../../../../../../../run"] {
        for has_run in [false, true] {
            let derivation = with_link(target, has_run);
            derivation.succeeds();
            let at = resolved(&derivation, "/var/run/secrets");
            // What is made goes to no store path.
            assert!(!at.starts_with(derivation.store()), "{target}: {at:?}");
            let copy = derivation.in_rootfs(derivation.store_path("package"));
            assert!(!copy.join("run/secrets").exists(), "{target}");
            assert_eq!(at, Path::new("/run/secrets"), "{target} {has_run}");
            assert!(derivation.in_rootfs("/run").symlink_metadata().unwrap().is_dir(), "{target} {has_run}");
            if has_run {
                let store_path = derivation.store_path("package");
                for name in ["/run/keep/x", "/var/run/keep/x"] {
                    assert_eq!(resolved(&derivation, name), store_path.join("run/keep/x"), "{target} {name}");
                }
            }
        }
    }
}

#[test]
fn a_link_to_what_is_in_the_store_alone_becomes_a_directory() {
    let mut derivation = with_mounts(json!({ "/share/x/new": { "type": "tmpfs" }, "/lib/x/new": { "type": "tmpfs" } }));
    let other = derivation.add_tree("other", &[("data/file", "")]);
    let package = derivation.add_tree("package", &[("nix-support/data/file", ""), ("share/y", ""), ("lib/y", "")]);
    symlink(other.join("data"), package.join("share/x")).unwrap();
    symlink("../nix-support/data", package.join("lib/x")).unwrap();
    derivation.set("contents", json!([package]));
    derivation.succeeds();
    for (name, file) in [("share", other.join("data/file")), ("lib", package.join("nix-support/data/file"))] {
        assert!(derivation.in_rootfs(format!("/{name}/x/new")).symlink_metadata().unwrap().is_dir());
        assert_eq!(resolved(&derivation, &format!("/{name}/x/file")), file);
    }
}

#[test]
fn two_links_to_one_place_show_the_same_mounts() {
    let mut derivation = with_mounts(json!({ "/a/one": { "type": "tmpfs" }, "/b/two": { "type": "tmpfs" } }));
    let package = derivation.add_tree("package", &[("run/keep", ""), ("etc/x", "")]);
    for (link, target) in [("a", "etc/../run"), ("b", "/c"), ("c", "a")] {
        symlink(target, package.join(link)).unwrap();
    }
    derivation.set("contents", json!([package]));
    derivation.set("files", json!({ "/c/three": { "text": "" } }));
    derivation.set("cwd", json!("/a/four"));
    derivation.succeeds();
    for link in ["a", "b", "c"] {
        for name in ["one", "two", "three", "four"] {
            let place = resolved(&derivation, &format!("/{link}/{name}"));
            assert_eq!(place, Path::new("/run").join(name), "/{link}/{name}");
        }
        assert!(derivation.in_rootfs(format!("/{link}")).is_symlink());
    }
    let copy = derivation.in_rootfs(&package).join("run");
    assert_eq!(fs::read_dir(copy).unwrap().count(), 1);
}

#[test]
fn a_directory_of_two_packages_is_opened_up_through_the_link_of_one() {
    let mut derivation = with_mounts(json!({ "/var/run/secrets": { "type": "tmpfs" } }));
    let one = derivation.add_tree("one", &[("run/one", ""), ("var/x", "")]);
    let two = derivation.add_tree("two", &[("run/two", "")]);
    symlink("../run", one.join("var/run")).unwrap();
    derivation.set("contents", json!([one, two]));
    derivation.succeeds();
    assert_eq!(resolved(&derivation, "/var/run/secrets"), Path::new("/run/secrets"));
    assert_eq!(resolved(&derivation, "/var/run/two"), two.join("run/two"));
}

#[test]
fn a_mount_on_a_link_is_where_the_link_leads_unless_that_is_in_its_package_alone() {
    for has_run in [false, true] {
        let derivation = {
            let mut derivation = with_link("/run", has_run);
            set_mounts(&mut derivation, json!({ "/var/run": { "type": "tmpfs" } }));
            derivation
        };
        derivation.succeeds();
        assert_eq!(resolved(&derivation, "/var/run"), Path::new("/run"), "{has_run}");
        assert!(derivation.in_rootfs("/run").symlink_metadata().unwrap().is_dir());
        assert_eq!(fs::read_dir(derivation.in_rootfs("/run")).unwrap().count(), 0);
    }
    for has_run in [false, true] {
        let mut derivation = with_link("../run", has_run);
        set_mounts(&mut derivation, json!({ "/var/run": { "source": "/srv/file", "mountPoint": "file" } }));
        let outcome = derivation.build();
        assert_eq!(outcome.success, !has_run, "{}", outcome.stderr);
        if !has_run {
            assert!(derivation.in_rootfs("/var/run").symlink_metadata().unwrap().is_file());
        }
    }
}

#[test]
fn a_base_file_goes_to_no_store_path_through_a_link_that_leads_nowhere() {
    for (link, target, place) in [("etc/group", "../run/group", "/run/group"), ("etc", "conf", "/conf/group")] {
        let mut derivation = with_mounts(json!({}));
        let package = derivation.add_tree("package", &[("share/x", "")]);
        if link.contains('/') {
            fs::create_dir(package.join("etc")).unwrap();
        }
        symlink(target, package.join(link)).unwrap();
        derivation.set("contents", json!([package]));
        derivation.succeeds();
        assert_eq!(resolved(&derivation, "/etc/group"), Path::new(place), "{link}");
        assert!(!derivation.in_rootfs(package.join("run")).exists());
        assert!(!derivation.in_rootfs(package.join("conf")).exists());
    }
}

#[test]
fn each_link_of_a_chain_shows_the_mount() {
    let mut derivation = with_mounts(json!({ "/one/x": { "type": "tmpfs" }, "/lib64/y/z": { "type": "tmpfs" } }));
    let package = derivation.add_tree("package", &[("run/keep", ""), ("var/log", ""), ("lib/real/z/keep", "")]);
    let links = [("one", "two"), ("two", "var/three"), ("var/three", "../run/"), ("lib64", "lib"), ("lib/y", "real")];
    for (link, target) in links {
        symlink(target, package.join(link)).unwrap();
    }
    derivation.set("contents", json!([package]));
    derivation.succeeds();
    for (path, place) in [
        ("/one/x", "/run/x"),
        ("/two/x", "/run/x"),
        ("/var/three/x", "/run/x"),
        ("/lib64/y/z", "/lib/real/z"),
        ("/lib/y/z", "/lib/real/z"),
    ] {
        assert_eq!(resolved(&derivation, path), Path::new(place), "{path}");
    }
    for link in ["/one", "/two", "/var/three", "/lib64", "/lib/y"] {
        assert!(derivation.in_rootfs(link).is_symlink(), "{link}");
    }
}
