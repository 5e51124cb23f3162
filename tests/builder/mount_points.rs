//! What the rootfs holds for the mounts, whatever the contents are.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use crate::derivation::Derivation;

/// The store of these tests is somewhere below /tmp, so the mount that would hide it is left out.
pub fn with_mounts(mounts: Value) -> Derivation {
    let mut derivation = Derivation::new(json!({ "args": ["x"] }));
    set_mounts(&mut derivation, mounts);
    derivation
}

pub fn set_mounts(derivation: &mut Derivation, mut mounts: Value) {
    mounts["/tmp"] = Value::Null;
    derivation.attrs["container"]["mounts"] = mounts;
}

#[test]
fn a_mount_point_is_a_directory_unless_something_else_is_known() {
    let derivation = with_mounts(json!({
        "/data/deep": "/srv/data",
        "/etc/resolv.conf": { "source": "/etc/resolv.conf", "mountPoint": "file" },
        "/dev/shm/below": "/srv/hidden",
    }));
    derivation.succeeds();
    assert!(derivation.in_rootfs("/data/deep").is_dir());
    assert!(derivation.in_rootfs("/etc/resolv.conf").is_file());
    assert!(derivation.in_rootfs("/dev").is_dir());
    assert!(!derivation.in_rootfs("/dev/shm").exists(), "the mount on /dev hides it");
}

#[test]
fn a_file_of_the_closure_gets_a_file_to_be_mounted_on() {
    let mut derivation = with_mounts(json!({}));
    let file = derivation.add("hosts", &[]);
    fs::write(&file, "127.0.0.1 localhost\n").unwrap();
    let directory = derivation.add("conf", &[]);
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("app.conf"), "").unwrap();
    symlink("app.conf", directory.join("link.conf")).unwrap();
    set_mounts(
        &mut derivation,
        json!({
            "/etc/hosts": file,
            "/etc/conf": directory,
            "/etc/app.conf": directory.join("app.conf"),
            "/etc/link.conf": { "source": directory.join("link.conf") },
        }),
    );
    derivation.succeeds();
    assert!(derivation.in_rootfs("/etc/conf").is_dir());
    for file in ["/etc/hosts", "/etc/app.conf", "/etc/link.conf"] {
        assert!(derivation.in_rootfs(file).is_file(), "{file}");
        assert_eq!(derivation.in_rootfs(file).metadata().unwrap().len(), 0, "{file} is only to be mounted on");
    }
}

#[test]
fn a_link_out_of_the_closure_shows_nothing_of_the_machine_that_builds() {
    let mut derivation = with_mounts(json!({}));
    let links = derivation.add("links", &[]);
    let file = derivation.build_dir().join("a file of the host");
    fs::write(&file, "").unwrap();
    fs::create_dir(&links).unwrap();
    symlink(&file, links.join("there")).unwrap();
    symlink("/does/not/exist", links.join("gone")).unwrap();
    set_mounts(&mut derivation, json!({ "/a": links.join("there"), "/b": links.join("gone") }));
    derivation.succeeds();
    assert!(derivation.in_rootfs("/a").is_dir());
    assert!(derivation.in_rootfs("/b").is_dir());
}

#[test]
fn a_loop_of_links_is_named() {
    let mut derivation = with_mounts(json!({}));
    let links = derivation.add("links", &[]);
    fs::create_dir(&links).unwrap();
    symlink("loop", links.join("loop")).unwrap();
    set_mounts(&mut derivation, json!({ links.join("loop/x").to_str().unwrap(): "/srv" }));
    let name = links.file_name().unwrap().to_str().unwrap();
    derivation.fails_with(&format!(
        "buildContainer: mounts.\"TMP/store/{name}/loop/x\": making its mount point: too many levels \
         of symbolic links at 'TMP/store/{name}/loop'"
    ));
}

#[test]
fn a_source_that_the_closure_does_not_have_is_named() {
    let mut derivation = with_mounts(json!({}));
    let directory = derivation.add("conf", &[]);
    fs::create_dir(&directory).unwrap();
    set_mounts(&mut derivation, json!({ "/etc/app.conf": directory.join("app.conf") }));
    let path = derivation.store_path("conf");
    let name = path.file_name().unwrap().to_str().unwrap();
    derivation.fails_with(&format!(
        "buildContainer: mounts.\"/etc/app.conf\": making its mount point: its source \
         'TMP/store/{name}/app.conf' does not exist"
    ));
}

#[test]
fn a_mount_may_go_into_a_store_path() {
    let mut derivation = with_mounts(json!({}));
    let site = derivation.add("site", &[]);
    fs::create_dir_all(site.join("there")).unwrap();
    set_mounts(
        &mut derivation,
        json!({ site.join("there").to_str().unwrap(): "/srv/a", site.join("new/deep").to_str().unwrap(): "/srv/b" }),
    );
    derivation.succeeds();
    assert!(derivation.in_rootfs(site.join("there")).is_dir());
    assert!(derivation.in_rootfs(site.join("new/deep")).is_dir());
    assert!(!site.join("new").exists(), "made in the store instead of the bundle");
}

#[test]
fn a_link_of_the_contents_never_leads_out_of_the_rootfs() {
    let mut derivation = with_mounts(json!({}));
    let hostile = derivation.add("hostile", &[]);
    let outside = derivation.build_dir().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::create_dir(&hostile).unwrap();
    symlink(&outside, hostile.join("absolute")).unwrap();
    symlink("../../../../../../../../../../../../../../tmp", hostile.join("climbing")).unwrap();
    let below = |name: &str| hostile.join(name).to_str().unwrap().to_owned();
    set_mounts(
        &mut derivation,
        json!({ below("climbing/made-by-oci-bundle"): "/srv/b", below("absolute/made"): "/srv/a" }),
    );

    derivation.succeeds();

    assert!(derivation.in_rootfs(outside.join("made")).is_dir(), "links are followed as the container would");
    assert!(derivation.in_rootfs("/tmp/made-by-oci-bundle").is_dir());
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert!(!std::path::Path::new("/tmp/made-by-oci-bundle").exists());
}

#[test]
fn a_file_where_a_directory_is_to_be_mounted_is_a_mistake() {
    let mut derivation = with_mounts(json!({}));
    let file = derivation.add("conf", &[]);
    fs::write(&file, "").unwrap();
    let destination = file.to_str().unwrap().to_owned();
    set_mounts(&mut derivation, json!({ &destination: "/srv/conf" }));
    derivation.succeeds();
    assert!(derivation.in_rootfs(&file).is_file(), "what is at /srv/conf nobody knows, so what is there may fit");
    fs::remove_dir_all(derivation.out()).unwrap();
    set_mounts(&mut derivation, json!({ &destination: { "type": "tmpfs" } }));
    let shown = file.file_name().unwrap().to_str().unwrap();
    derivation.fails_with(&format!(
        "buildContainer: mounts.\"TMP/store/{shown}\": making its mount point: the rootfs has a file there, but what \
         is mounted is a directory; if the source is a file, say mountPoint = \"file\""
    ));
}

#[test]
fn a_link_of_the_contents_gives_way_and_what_it_leads_to_stays() {
    let mut derivation = with_mounts(json!({ "/etc/motd": { "source": "/srv/motd" }, "/etc/dir": "/srv/dir" }));
    let package = derivation.add("package", &[]);
    fs::create_dir_all(package.join("etc/real.d")).unwrap();
    fs::write(package.join("etc/real"), "real").unwrap();
    symlink("real", package.join("etc/motd")).unwrap();
    symlink("real", package.join("etc/other")).unwrap();
    symlink("real.d", package.join("etc/dir")).unwrap();
    derivation.set("contents", json!([package]));
    derivation.succeeds();
    let etc = derivation.in_rootfs("/etc");
    // A source of the host is taken to be what the link led to.
    assert!(etc.join("motd").symlink_metadata().unwrap().is_file());
    assert!(etc.join("dir").symlink_metadata().unwrap().is_dir());
    assert!(etc.join("other").is_symlink());
    assert!(etc.join("real").is_symlink());
}

#[test]
fn a_mount_below_one_of_the_closure_needs_its_mount_point_there() {
    let mut derivation = with_mounts(json!({}));
    let directory = derivation.add("directory", &[]);
    fs::create_dir_all(directory.join("share")).unwrap();
    let file = derivation.add("file", &[]);
    fs::write(&file, "").unwrap();
    let name = directory.file_name().unwrap().to_str().unwrap().to_owned();
    let of_directory = format!("TMP/store/{name}");
    for (inner, source, problem) in [
        ("/d/share", &file, Some(format!("'{of_directory}/share' is a directory, but what is mounted is a file"))),
        ("/d/none", &file, Some(format!("it is below a mount of '{of_directory}', which has no 'none'"))),
        ("/d/share", &directory, None),
    ] {
        set_mounts(&mut derivation, json!({ "/d": directory, inner: source }));
        let making = format!("buildContainer: mounts.\"{inner}\": making its mount point");
        match problem {
            None => drop(derivation.succeeds()),
            Some(problem) => derivation.fails_with(&format!("{making}: {problem}")),
        }
    }
}

#[test]
fn a_mount_point_of_another_kind_than_what_is_mounted_is_named() {
    let mut derivation = with_mounts(json!({}));
    let file = derivation.add("file", &[]);
    fs::write(&file, "").unwrap();
    for (mount, message) in [
        (
            json!({ "source": file, "mountPoint": "directory" }),
            "mounts.\"/x\": making its mount point: its source is a file, but mountPoint is \"directory\"; leave that out",
        ),
        (
            json!({ "type": "tmpfs", "mountPoint": "file" }),
            "mounts.\"/x\".mountPoint: found \"file\", but a file system is mounted on a directory; leave it out",
        ),
        (
            json!({ "source": "/srv", "options": ["ro,nosuid"] }),
            "mounts.\"/x\".options[0]: found \"ro,nosuid\", which is not an option of a bind mount; \
             write each as a string of its own: \"ro\" \"nosuid\"",
        ),
    ] {
        set_mounts(&mut derivation, json!({ "/x": mount }));
        derivation.fails_with(&format!("buildContainer: {message}"));
    }
}

#[test]
fn a_device_is_made_in_what_is_mounted() {
    let mut derivation = with_mounts(json!({}));
    let tree = derivation.add_tree("tree", &[("etc/", "")]);
    symlink("/dev", tree.join("d")).unwrap();
    derivation.set("contents", json!([tree]));
    let mounts = json!({ "/run": { "type": "tmpfs" }, "/srv": "/srv/data", "/share": tree });
    for (path, is_there) in [
        ("/dev/foo", true),
        ("/dev/deep/er/foo", true),
        ("/d/foo", true),
        ("/run/foo", true),
        ("/srv/foo", true),
        ("/subdir/foo", false),
        ("/foo", false),
        ("/etc/foo", false),
        ("/share/foo", false),
        ("/d/../foo", false),
    ] {
        for readonly in [true, false] {
            set_mounts(&mut derivation, mounts.clone());
            derivation.set("readonly", json!(readonly));
            let device = json!({ "path": path, "type": "c", "major": 1, "minor": 3, "fileMode": 438 });
            derivation.set("config", json!({ "linux": { "devices": [device] } }));
            if is_there {
                derivation.succeeds();
                fs::remove_dir_all(derivation.out()).unwrap();
            } else if path.contains("..") {
                assert!(derivation.build().stderr.contains("config.linux.devices[0].path: "), "{path}");
            } else {
                derivation.fails_with(&format!(
                    "buildContainer: config.linux.devices[0].path: a runtime would make \"{path}\" in the bundle, which cannot hold it; choose a path below \"/dev\", or below a mount of your own"
                ));
            }
        }
    }
}

#[test]
fn dev_is_mounted_as_a_runtime_makes_devices_in_it() {
    let mut derivation = with_mounts(json!({ "/dev": null, "/dev/pts": null, "/dev/shm": null, "/dev/mqueue": null }));
    derivation.fails_with(
        "buildContainer: mounts.\"/dev\": found null, but a runtime makes devices in /dev, which cannot be in the bundle; \
         leave that out, or set it to { type = \"tmpfs\"; }",
    );
    set_mounts(&mut derivation, json!({ "/dev": { "type": "tmpfs" } }));
    derivation.succeeds();
}
