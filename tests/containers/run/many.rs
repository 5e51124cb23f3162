//! Containers of so many mounted store paths that a hook mounts these.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::built::Built;
use crate::support::nix;
use crate::support::runner::{READONLY, all, container, prints};
use crate::support::runtime::{self, Runtime};

/// What the container sees of the store: the names, what the mounts are like, and files of each.
const LOOK: &str = "ls /nix/store
cut -d ' ' -f 5,6 /proc/self/mountinfo | grep '^/nix/store/' | sort
cat /nix/store/*-many-text-* /nix/store/*-many-directory-*/flake.nix
touch $(ls -d /nix/store/*-many-directory-7)/new 2>&1
touch /nix/store/*-many-text-7 2>&1
true";

/// More than a runtime is left to mount: directories and files.
const MANY: &str = r#"store = "mount";
    env.MANY = toString (builtins.concatMap (number: [
      (builtins.path { path = ../../template; name = "many-directory-${toString number}"; })
      (builtins.toFile "many-text-${toString number}" "text ${toString number}\n")
    ]) (builtins.genList (number: number) 140));"#;

fn many(script: &str, readonly: &str) -> Built {
    let template = nix::repository().join("template");
    container(script, &(MANY.replace("../../template", template.to_str().unwrap()) + readonly))
}

/// A run by a runtime that prints what it is given, which is in this folder.
fn printing(folder: &Path, uid: u32) -> Command {
    printing_after("true", folder, uid)
}

/// The same, after a command of the shell.
fn printing_after(preparation: &str, folder: &Path, uid: u32) -> Command {
    let program = folder.join("printing");
    fs::write(&program, "#!/bin/sh\nexec cat config.json\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    runtime::wrapper_of(&program, preparation, uid)
}

fn document(run: Command) -> Value {
    serde_json::from_str(&prints(run)).unwrap()
}

fn names_in_store(config: &Value) -> Vec<String> {
    let mounts = config["mounts"].as_array().unwrap().iter();
    let places = mounts.filter_map(|mount| mount["destination"].as_str()?.strip_prefix("/nix/store/"));
    places.map(str::to_owned).collect()
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[test]
fn they_are_what_a_runtime_alone_shows() {
    let sealed = many(LOOK, READONLY[0]);
    for readonly in READONLY {
        let bundle = many(LOOK, readonly);
        for (runtime, uid) in all() {
            let mut run = runtime.wrapper(uid);
            run.arg(&*bundle);
            let seen = prints(run);
            assert_eq!(seen, runtime.prints(&sealed), "{runtime:?}: {uid} {readonly}");
            assert_eq!(seen.matches(" ro,nosuid,nodev,").count(), 281, "{seen}");
            assert_eq!(seen.matches(": Read-only file system\n").count(), 2, "{seen}");
        }
    }
}

#[test]
fn a_runtime_gets_a_hook_for_them() {
    let folder = folder();
    for readonly in READONLY {
        let bundle = many("exit 0", readonly);
        for uid in [0, 1234] {
            let mut run = printing(folder.path(), uid);
            run.arg("--mount").arg(format!("{}:/nix/store/of-mine", folder.path().display())).arg(&*bundle);
            let config = document(run);
            assert_eq!(names_in_store(&config), ["of-mine"]);
            let hook = &config["hooks"]["createContainer"][0]["args"];
            assert_eq!((&hook[0], &hook[1]), (&"oci-bundle".into(), &"mount-store".into()));
            let mut shown = Runtime::Crun.wrapper(uid);
            shown.arg("--dry-run").arg(&*bundle);
            let shown = document(shown);
            assert_eq!((names_in_store(&shown).len(), &shown["hooks"]), (281, &Value::Null));
        }
    }
}

#[test]
fn a_store_that_is_a_file_system_of_its_own_is_mounted_by_the_hook_too() {
    let folder = folder();
    let bundle = many("exit 0", READONLY[0]);
    // Nobody else is in the mount namespace that the program starts in, so the kernel takes it apart when the run leaves it.
    for _ in 0..10 {
        let mut run = printing_after("mount --bind /nix /nix", folder.path(), 0);
        run.arg(&*bundle);
        let config = document(run);
        assert_eq!(names_in_store(&config), [""; 0]);
        assert!(config["hooks"]["createContainer"][0]["path"].as_str().unwrap().starts_with("/nix/store/"));
    }
}

#[test]
fn few_are_the_runtimes() {
    let folder = folder();
    let bundle = container("exit 0", r#"store = "mount";"#);
    let mut run = printing(folder.path(), 0);
    run.arg(&*bundle);
    let config = document(run);
    assert_eq!((names_in_store(&config).len(), &config["hooks"]), (1, &Value::Null));
}

#[test]
fn mounts_of_the_user_have_their_places() {
    let script = "cat /nix/store/*-many-directory-1/flake.nix; ls /nix/store/*-many-directory-2
cat /nix/store/*-many-text-3; cat /nix/store/*-many-text-4";
    let folder = folder();
    fs::write(folder.path().join("file"), "of the host\n").unwrap();
    for readonly in READONLY {
        let bundle = many(script, readonly);
        let path = |name: &str| -> PathBuf {
            let config: Value = serde_json::from_slice(&fs::read(bundle.join("config.json")).unwrap()).unwrap();
            let name = names_in_store(&config).into_iter().find(|it| it.ends_with(name)).unwrap();
            Path::new("/nix/store").join(name)
        };
        for (runtime, uid) in all() {
            let mut run = runtime.wrapper(uid);
            for (source, destination) in [
                (folder.path().join("file"), path("-many-directory-1").join("flake.nix")),
                (folder.path().to_owned(), path("-many-directory-2")),
                (folder.path().join("file"), path("-many-text-3")),
            ] {
                run.arg("--mount").arg(format!("{}:{}:ro", source.display(), destination.display()));
            }
            run.arg(&*bundle);
            assert_eq!(prints(run), "of the host\nfile\nof the host\ntext 4\n", "{runtime:?}: {uid} {readonly}");
        }
    }
}

#[test]
fn a_mount_over_the_store_hides_them() {
    let folder = folder();
    fs::write(folder.path().join("file"), "").unwrap();
    let bundle = many("exit 0", READONLY[0]);
    for (runtime, uid) in all() {
        // The program comes from elsewhere, as its own path is hidden.
        let mut run = runtime.wrapper(uid);
        run.arg("--mount").arg(format!("{}:/nix/store:ro", folder.path().display())).arg("--mount");
        run.arg(format!("{}:/tools:ro", nix::program("busybox").parent().unwrap().display()));
        run.arg("--shell=/tools/busybox").arg(&*bundle).args(["--", "ls", "/nix/store"]);
        assert_eq!(prints(run), "file\n", "{runtime:?}: {uid}");
    }
}
