//! Directories with owners and modes, and what config.json says of them.

use serde_json::{Value, json};

use crate::derivation::Derivation;

const ANNOTATION: &str = "io.github.oci-bundle.files";

fn with(arguments: Value) -> Derivation {
    let mut all = json!({ "args": ["x"], "mounts": { "/tmp": null } });
    all.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
    Derivation::new(all)
}

/// Builds, and gives what is said.
fn warns(derivation: &Derivation) -> String {
    let outcome = derivation.build();
    assert!(outcome.success, "{}", outcome.stderr);
    outcome.stderr
}

/// What the annotation says of each path.
fn annotated(derivation: &Derivation) -> Value {
    derivation.config()["annotations"][ANNOTATION]
        .as_str()
        .map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

fn attributes(mode: &str, uid: u32, gid: u32) -> Value {
    json!({ "mode": mode, "uid": uid, "gid": gid })
}

/// The directories that everybody may write to, where none is a mount.
fn for_everybody() -> Value {
    json!({ "/tmp": attributes("1777", 0, 0), "/var/tmp": attributes("1777", 0, 0) })
}

#[test]
fn the_annotation_has_what_is_asked_for_and_what_is_the_users() {
    let derivation = with(json!({
        "directories": {
            "/var/lib/app": { "uid": 5, "gid": 6, "mode": "0750" },
            "/srv": {},
            "/run/app": { "uid": 5, "tmpfs": true },
        },
        "files": { "/etc/shadow": { "text": "", "mode": "0640", "gid": 42 }, "/etc/motd": { "text": "" } },
        "user": { "uid": 1000, "gid": 100 },
        "cwd": "/home/user/work",
    }));
    warns(&derivation);
    let wanted = json!({
        "/tmp": attributes("1777", 0, 0),
        "/var/tmp": attributes("1777", 0, 0),
        "/var/lib/app": attributes("0750", 5, 6),
        "/srv": attributes("0755", 0, 0),
        "/etc/shadow": attributes("0640", 0, 42),
        "/home/user": attributes("0755", 1000, 100),
        "/home/user/work": attributes("0755", 1000, 100),
    });
    assert_eq!(annotated(&derivation), wanted);
    assert!(derivation.in_rootfs("/var/lib/app").is_dir() && derivation.in_rootfs("/run/app").is_dir());
    let config = derivation.config();
    let mounts = config["mounts"].as_array().unwrap();
    let mount = mounts.iter().find(|mount| mount["destination"] == "/run/app").unwrap();
    assert_eq!(mount["options"], json!(["nosuid", "nodev", "mode=0755", "uid=5", "gid=5", "size=50%", "nr_inodes=1m"]));
}

#[test]
fn a_container_of_root_says_only_where_everybody_writes() {
    let said = |arguments: Value| {
        let mut all = json!({ "args": ["x"], "cwd": "/srv/app" });
        all.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
        let derivation = Derivation::new(all);
        derivation.succeeds();
        annotated(&derivation)
    };
    assert_eq!(said(json!({})), json!({ "/var/tmp": attributes("1777", 0, 0) }));
    // Nobody writes to any of these.
    for nothing in
        [json!({ "readonly": true }), json!({ "baseFiles": false }), json!({ "mounts": { "/var": "/srv/var" } })]
    {
        assert_eq!(said(nothing.clone()), Value::Null, "{nothing}");
    }
    let asked = json!({ "readonly": true, "directories": { "/var/tmp": { "mode": "1777" } } });
    assert_eq!(said(asked), json!({ "/var/tmp": attributes("1777", 0, 0) }));
}

#[test]
fn what_a_mount_brings_has_its_own_owner() {
    let derivation = with(json!({
        "mounts": { "/tmp": null, "/home": "/srv/home", "/data": "/srv/data" },
        "directories": { "/data": { "uid": 5 } },
        "user": { "uid": 1000 },
    }));
    assert!(!warns(&derivation).contains("warning"));
    assert_eq!(annotated(&derivation), for_everybody());
}

#[test]
fn a_home_and_what_is_on_the_way_from_it_to_the_working_directory_are_the_users() {
    let derivation = with(json!({
        "user": { "uid": 5, "gid": 6 },
        "cwd": "/home/user/a/b",
        "directories": { "/home/user": { "mode": "0700" } },
    }));
    warns(&derivation);
    let own = attributes("0755", 5, 6);
    let mut wanted = json!({ "/home/user": attributes("0700", 5, 6), "/home/user/a": own, "/home/user/a/b": own });
    wanted.as_object_mut().unwrap().extend(for_everybody().as_object().unwrap().clone());
    assert_eq!(annotated(&derivation), wanted);
}

#[test]
fn what_packages_have_stays_root_s() {
    let mut derivation = with(json!({ "user": { "uid": 5, "home": "/bin" } }));
    let packages = ["a", "b"].map(|name| derivation.add_tree(name, &[(&format!("bin/{name}"), "")]));
    derivation.set("contents", json!(packages));
    derivation.succeeds();
    assert_eq!(annotated(&derivation), for_everybody());
}

#[test]
fn what_is_asked_for_below_the_state_of_nix_holds() {
    let mut derivation = with(json!({
        "user": { "uid": 5 },
        "files": { "/nix/var/nix/secret": { "text": "", "mode": "0600", "uid": 7 } },
    }));
    let database = derivation.add_tree("nix-database", &[("db.sqlite", ""), ("schema", "10")]);
    derivation.set("nixDatabase", json!(database));
    warns(&derivation);
    let found = annotated(&derivation);
    assert_eq!(found["/nix/var/nix/secret"], attributes("0600", 7, 7));
    assert_eq!(found["/nix/var/nix/db/db.sqlite"], attributes("0644", 5, 5));
}

#[test]
fn a_mount_that_shows_what_is_beneath_hides_no_owner() {
    let derivation = with(json!({
        "mounts": { "/tmp": null, "/run": { "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup"] } },
        "directories": { "/run/app": { "uid": 7 } },
    }));
    warns(&derivation);
    assert_eq!(annotated(&derivation)["/run/app"], attributes("0755", 7, 7));
}

#[test]
fn a_directory_in_memory_may_have_another_in_it() {
    let derivation =
        with(json!({ "directories": { "/run": { "tmpfs": true }, "/run/app": { "uid": 7, "tmpfs": true } } }));
    derivation.succeeds();
}

#[test]
fn a_line_says_what_a_runtime_alone_does_not_show() {
    let derivation = with(json!({
        "directories": { "/srv": { "mode": "0700" }, "/usual": {}, "/run/app": { "uid": 5, "tmpfs": true } },
        "files": { "/bin/x": { "text": "", "mode": "4755" }, "/etc/y": { "text": "", "mode": "0644" } },
    }));
    let said = warns(&derivation);
    assert!(
        said.contains(
            "warning: a store has no owners and modes, so a runtime alone shows directories.\"/srv\", files.\"/bin/x\" as root's"
        ),
        "{said}"
    );
    assert!(said.contains("warning: files.\"/bin/x\" cannot give rights while no process may get new ones"), "{said}");
}

#[test]
fn a_line_names_the_first_of_many_and_nobody_gets_the_store() {
    let many: serde_json::Map<_, _> =
        (0..1000).map(|number| (format!("/srv/{number:03}"), json!({ "uid": 7 }))).collect();
    let mut derivation = with(json!({ "directories": many }));
    let store = derivation.store();
    derivation.set("user", json!({ "uid": 5, "home": store.parent() }));
    let said = warns(&derivation);
    assert!(said.contains("directories.\"/srv/004\" and 995 more as root's"), "{said}");
    assert_eq!(annotated(&derivation)["/srv/999"], attributes("0755", 7, 7));
    assert_eq!(annotated(&derivation).as_object().unwrap().len(), 1002);
}

#[test]
fn every_mistake_is_named() {
    for (arguments, message) in [
        (
            json!({ "directories": { "/etc/x": {} }, "files": { "/etc/x": { "text": "" } } }),
            "files.\"/etc/x\": a directory is already there; leave out the file, or the package with the directory",
        ),
        (
            json!({ "directories": { "/etc/x/y": {} }, "files": { "/etc/x": { "text": "" } } }),
            "files.\"/etc/x\": a directory is already there; leave out the file, or the package with the directory",
        ),
        (
            json!({ "directories": { "/proc/x": {} } }),
            "directories.\"/proc/x\": mounts.\"/proc\" would hide it; choose another path",
        ),
        (
            json!({ "directories": { "/dev/shm": {} } }),
            "directories.\"/dev/shm\": mounts.\"/dev/shm\" would hide it; choose another path, or leave out that mount \
             (mounts.\"/dev/shm\" = null)",
        ),
        (
            json!({ "directories": { "/run": { "tmpfs": true }, "/run/app": {} } }),
            "directories.\"/run\".tmpfs: it is empty at every start, and '/run/app' is to be in it; leave one of them out",
        ),
        (
            json!({ "directories": { "/run": { "tmpfs": true } }, "contents": ["PACKAGE"] }),
            "directories.\"/run\".tmpfs: it is empty at every start, and '/run/x' is to be in it; leave one of them out",
        ),
        (
            json!({ "directories": { "/srv/0123456789abcdfghijklmnpqrsvwxyz-foo": { "uid": 7 } } }),
            "directories.\"/srv/0123456789abcdfghijklmnpqrsvwxyz-foo\": it has the name of a store path, whose contents \
             nobody changes; choose another name",
        ),
        (
            json!({ "files": { "/srv/0123456789abcdfghijklmnpqrsvwxyz-foo/x": { "text": "", "uid": 7 } } }),
            "files.\"/srv/0123456789abcdfghijklmnpqrsvwxyz-foo/x\": it has the name of a store path, whose contents \
             nobody changes; choose another name",
        ),
        (
            json!({ "files": { "/lib/q": { "text": "1", "uid": 7 }, "/lib64/q": { "text": "2" } }, "contents": ["LINK"] }),
            "files.\"/lib64/q\": a link leads to the place of files.\"/lib/q\"; leave one of them out",
        ),
        (
            json!({ "config": { "annotations": { ANNOTATION: "{}" } } }),
            "config.annotations.\"io.github.oci-bundle.files\": use the arguments 'files' and 'directories', which say it for it",
        ),
    ] {
        let has_package = arguments.get("contents").is_some();
        let mut derivation = with(arguments);
        if has_package {
            let package = derivation.add_tree("package", &[("run/x", ""), ("lib/x", "")]);
            std::os::unix::fs::symlink("lib", package.join("lib64")).unwrap();
            derivation.set("contents", json!([package]));
        }
        derivation.fails_with(&format!("buildContainer: {message}"));
    }
}
