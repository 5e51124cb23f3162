//! Packages at `/`.

mod collisions;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode};
use serde_json::{Value, json};

use crate::derivation::Derivation;

fn container() -> Derivation {
    Derivation::new(json!({ "args": ["x"], "baseFiles": false }))
}

/// Where a link in the rootfs leads, or what else is there.
fn link(derivation: &Derivation, path: &str) -> PathBuf {
    fs::read_link(derivation.in_rootfs(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn is_real_directory(derivation: &Derivation, path: &str) -> bool {
    derivation.in_rootfs(path).symlink_metadata().unwrap().is_dir()
}

fn with_priority(path: &Path, priority: i64) -> Value {
    json!({ "paths": [path], "priority": priority })
}

#[test]
fn a_package_appears_at_the_root_as_links() {
    let mut derivation = container();
    let hello = derivation.add_tree("hello", &[("bin/hello", "#!"), ("share/doc/hello", "")]);
    derivation.set("contents", json!([hello]));
    derivation.succeeds();
    assert_eq!(link(&derivation, "/bin"), hello.join("bin"));
    assert_eq!(link(&derivation, "/share"), hello.join("share"));
}

/// A path of the store, in a package.
fn inside(store_path: &Path, name: &str) -> String {
    store_path.join(name).to_str().unwrap().trim_start_matches('/').to_owned()
}

#[test]
fn a_package_does_not_reach_into_a_store_path() {
    for store in ["copy", "mount"] {
        let mut derivation = container();
        let outside = derivation.build_dir().join("outside");
        fs::create_dir(&outside).unwrap();
        let victim = derivation.add_tree("victim", &[("file", "")]);
        symlink(&outside, victim.join("link")).unwrap();
        let one = derivation.add_tree("one", &[(inside(&victim, "link/one").as_str(), "")]);
        let two = derivation.add_tree("two", &[(inside(&victim, "link/two").as_str(), "")]);
        derivation.set("contents", json!([one, two]));
        derivation.set("store", json!(store));
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        derivation.fails_with(&format!(
            "buildContainer: contents[0]: 'TMP/store/{}TMP/store/{}' would replace a store path of the container; leave the package out, or change it",
            name(&one),
            name(&victim),
        ));
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    }
}

#[test]
fn a_package_does_not_replace_a_store_path() {
    let mut derivation = container();
    let victim = derivation.add("victim", &[]);
    fs::write(&victim, "good").unwrap();
    let package = derivation.add_tree("package", &[(inside(&victim, "").trim_end_matches('/'), "bad")]);
    derivation.set("contents", json!([package]));
    let outcome = derivation.build();
    assert!(!outcome.success && outcome.stderr.contains("would replace a store path"), "{}", outcome.stderr);
    assert!(!derivation.out().exists());
}

#[test]
fn a_link_to_what_no_file_can_be_called_leads_nowhere() {
    let mut derivation = container();
    let package = derivation.add_tree("package", &[("share/file", "")]);
    symlink("n".repeat(300), package.join("link")).unwrap();
    derivation.set("contents", json!([package]));
    derivation.succeeds();
    assert_eq!(link(&derivation, "/link"), package.join("link"));
}

#[test]
fn directories_are_merged_as_deep_as_they_are_shared() {
    let mut derivation = container();
    let one = derivation.add_tree("one", &[("bin/one", ""), ("share/man/man1/one", ""), ("share/one/x", "")]);
    let two = derivation.add_tree("two", &[("bin/two", ""), ("share/man/man1/two", ""), ("etc/two", "")]);
    derivation.set("contents", json!([one, two]));
    derivation.succeeds();
    for (path, target) in [
        ("/bin/one", one.join("bin/one")),
        ("/bin/two", two.join("bin/two")),
        ("/share/man/man1/one", one.join("share/man/man1/one")),
        ("/share/man/man1/two", two.join("share/man/man1/two")),
        ("/share/one", one.join("share/one")),
        ("/etc", two.join("etc")),
    ] {
        assert_eq!(link(&derivation, path), target, "{path}");
    }
}

#[test]
fn links_to_directories_are_merged_as_directories() {
    let mut derivation = container();
    let one = derivation.add_tree("one", &[("lib64/one.so", "")]);
    symlink("lib64", one.join("lib")).unwrap();
    let two = derivation.add_tree("two", &[("lib/two.so", "")]);
    derivation.set("contents", json!([one, two]));
    derivation.succeeds();
    assert_eq!(link(&derivation, "/lib/one.so"), one.join("lib/one.so"));
    assert_eq!(link(&derivation, "/lib/two.so"), two.join("lib/two.so"));
    assert!(derivation.in_rootfs(one.join("lib/one.so")).exists());
}

#[test]
fn what_has_to_go_into_a_packages_directory_does_not_go_into_the_store_path() {
    let mut derivation = container();
    let site = derivation.add_tree("site", &[("srv/www/index.html", ""), ("etc/ssl/cert", ""), ("tmp/", "")]);
    derivation.set("contents", json!([site]));
    derivation.set("files", json!({ "/etc/ssl/key": { "text": "secret" } }));
    // The store of these tests is below /tmp.
    derivation.set("mounts", json!({ "/srv/data": "/srv/data", "/tmp": null }));
    derivation.set("cwd", json!("/srv/app"));
    derivation.succeeds();
    for directory in ["/etc", "/etc/ssl", "/srv", "/srv/data", "/srv/app", "/tmp"] {
        assert!(is_real_directory(&derivation, directory), "{directory}");
    }
    assert_eq!(link(&derivation, "/etc/ssl/cert"), site.join("etc/ssl/cert"));
    assert_eq!(link(&derivation, "/srv/www"), site.join("srv/www"));
    let copied = derivation.in_rootfs(&site);
    assert_eq!(fs::read_dir(copied.join("srv")).unwrap().count(), 1);
    assert_eq!(fs::read_dir(copied.join("etc/ssl")).unwrap().count(), 1);
}

#[test]
fn what_a_package_propagates_is_there_as_well() {
    let mut derivation = container();
    let one = derivation.add_tree("one", &[("bin/tool", "1")]);
    let two = derivation.add_tree("two", &[("bin/tool", "2"), ("bin/two", "")]);
    let three = derivation.add_tree("three", &[("bin/two", "3"), ("bin/three", "")]);
    fs::create_dir(one.join("nix-support")).unwrap();
    let list = format!("{} {}\n", two.display(), three.display());
    fs::write(one.join("nix-support/propagated-user-env-packages"), list).unwrap();
    derivation.set("contents", json!([one]));
    derivation.succeeds();
    assert_eq!(link(&derivation, "/bin/tool"), one.join("bin/tool"));
    assert_eq!(link(&derivation, "/bin/two"), two.join("bin/two"));
    assert_eq!(link(&derivation, "/bin/three"), three.join("bin/three"));
    assert!(!derivation.in_rootfs("/nix-support").exists());
}

#[test]
fn what_is_no_package_is_named() {
    let mut derivation = container();
    let file = derivation.add("file", &[]);
    fs::write(&file, "").unwrap();
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    for (contents, message) in [
        (
            json!([file]),
            format!(
                "contents[0]: \"TMP/store/{name}\" is a file, want a package: a directory with bin, etc, share or the \
                 like; use files.\"/path\".source to have a file somewhere"
            ),
        ),
        (
            json!(["/usr"]),
            "contents[0]: found \"/usr\", which is not a store path of the closure; want a package".to_owned(),
        ),
        (json!([5]), "contents[0]: found 5 (an integer), want a package".to_owned()),
        (json!("x"), "contents: found the string \"x\", want a list".to_owned()),
        (
            json!([{ "paths": [], "priority": "x" }]),
            "contents[0].meta.priority: found the string \"x\", want an integer".to_owned(),
        ),
    ] {
        derivation.set("contents", contents);
        derivation.fails_with(&format!("buildContainer: {message}"));
    }
}

#[test]
fn a_file_in_the_place_of_a_directory_that_has_to_be_there_is_named() {
    let mut derivation = container();
    let odd = derivation.add_tree("odd", &[("dev", "")]);
    derivation.set("contents", json!([odd]));
    let name = odd.file_name().unwrap().to_str().unwrap().to_owned();
    derivation.fails_with(&format!(
        "buildContainer: contents[0]: 'TMP/store/{name}/dev' is a file, but the container needs a directory at /dev"
    ));
}

#[test]
fn links_that_lead_nowhere_or_around_stay_links() {
    let mut derivation = container();
    let odd = derivation.add_tree("odd", &[("etc/", "")]);
    symlink("/nowhere", odd.join("etc/dangling")).unwrap();
    symlink("loop", odd.join("etc/loop")).unwrap();
    symlink("/etc/hostname", odd.join("etc/outside")).unwrap();
    let other = derivation.add_tree("other", &[("etc/other", "")]);
    derivation.set("contents", json!([odd, other]));
    derivation.succeeds();
    for name in ["dangling", "loop", "outside"] {
        assert_eq!(link(&derivation, &format!("/etc/{name}")), odd.join("etc").join(name));
    }
}

/// What a store path may have for an attacker, but never for Nix.
fn special(path: &Path, kind: FileType) {
    let device = rustix::fs::makedev(1, 5);
    rustix::fs::mknodat(rustix::fs::CWD, path, kind, Mode::from_raw_mode(0o666), device).unwrap();
}

#[test]
fn what_is_no_file_is_never_opened() {
    let is_root = rustix::process::geteuid().is_root();
    let kinds = [FileType::Fifo, FileType::Socket, FileType::CharacterDevice];
    for kind in kinds.into_iter().filter(|kind| is_root || *kind != FileType::CharacterDevice) {
        // Where contents are compared, read, run, mounted, copied and propagated; reading would have no end.
        let cases: [(&str, Value); 6] = [
            ("etc/it", json!({ "contents": ["ONE", "TWO"] })),
            ("nix-support/propagated-user-env-packages", json!({ "contents": ["ONE"] })),
            ("etc/it", json!({ "args": ["ONE/etc/it"], "checkProgram": true, "mounts": { "/tmp": null } })),
            ("etc/it", json!({ "mounts": { "/x": "ONE/etc/it" } })),
            ("etc/it", json!({ "files": { "/x": { "source": "ONE/etc/it", "executable": true } } })),
            ("etc/it", json!({})),
        ];
        for (name, arguments) in cases {
            let mut derivation = container();
            let packages = ["one", "two"].map(|package| {
                let path = derivation.add_tree(package, &[("etc/", ""), ("nix-support/", "")]);
                special(&path.join(name), kind);
                path.to_str().unwrap().to_owned()
            });
            let text = arguments.to_string().replace("ONE", &packages[0]).replace("TWO", &packages[1]);
            for (argument, value) in serde_json::from_str::<Value>(&text).unwrap().as_object().unwrap() {
                derivation.set(argument, value.clone());
            }
            let outcome = derivation.build();
            assert!(!outcome.success, "{kind:?} {arguments}");
            let reason = "is not a file, a directory or a symbolic link; a store holds nothing else";
            assert!(outcome.stderr.contains(reason), "{kind:?} {arguments}: {}", outcome.stderr);
            assert!(!derivation.out().exists());
        }
    }
}

#[test]
fn a_list_of_propagated_packages_has_a_bound() {
    let mut derivation = container();
    let package = derivation.add_tree("package", &[("nix-support/", ""), ("bin/x", "")]);
    // A hole of three gigabytes.
    let list = fs::File::create(package.join("nix-support/propagated-user-env-packages")).unwrap();
    list.set_len(3 << 30).unwrap();
    derivation.set("contents", json!([package]));
    let name = package.file_name().unwrap().to_str().unwrap();
    derivation.fails_with(&format!(
        "buildContainer: contents[0]: 'TMP/store/{name}/nix-support/propagated-user-env-packages' is larger than 1048576 \
         bytes"
    ));
}
