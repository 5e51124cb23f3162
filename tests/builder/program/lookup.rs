//! How a program is found, and what is said where it is not.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::json;

use crate::program::{X86_64, app, container, elf, fails, write_program};

#[test]
fn a_name_is_looked_for_in_path() {
    let mut derivation = container(json!(["app"]));
    let app = derivation.add("app", &[]);
    write_program(&app.join("bin/app"), elf(X86_64, None));
    derivation.set("contents", json!([app]));
    derivation.succeeds();
    fs::remove_dir_all(derivation.out()).unwrap();

    derivation.set("env", json!({ "PATH": "/nowhere:/sbin" }));
    fails(
        &derivation,
        "args[0]: \"app\" is in no directory of PATH, \"/nowhere:/sbin\"; add its package to 'contents', or write its \
         path, such as \"${package}/bin/app\"",
    );
    derivation.set("env", json!({ "PATH": null }));
    fails(
        &derivation,
        "args[0]: \"app\" is a name without a path, and there is no PATH in 'env'; add its package to 'contents', or \
         write its path, such as \"${package}/bin/app\"",
    );
    derivation.set("env", json!({}));
    derivation.set("args", json!(["ap"]));
    fails(
        &derivation,
        "args[0]: \"ap\" is in no directory of PATH, \"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"; \
         did you mean \"app\"?",
    );
}

#[test]
fn a_relative_path_begins_in_the_working_directory() {
    let (mut derivation, _) = app(elf(X86_64, None));
    let app = derivation.store_path("app");
    derivation.set("cwd", json!(app));
    for relative in ["bin/app", "./bin/app", "./bin/../bin/app"] {
        derivation.set("args", json!([relative]));
        derivation.succeeds();
        fs::remove_dir_all(derivation.out()).unwrap();
    }
    derivation.set("args", json!(["./app"]));
    fails(&derivation, "args[0]: \"./app\" is not in the container; did you mean \"APP/bin/app\"?");
}

#[test]
fn a_misspelt_program_is_named_with_the_nearest_file() {
    for (wrong, hint) in [
        ("bin/ap", "did you mean \"APP/bin/app\"?"),
        ("bni/app", "did you mean \"APP/bin/app\"?"),
        ("app", "did you mean \"APP/bin/app\"?"),
        ("bin/quite-another", "\"APP/bin\" has app"),
    ] {
        let (mut derivation, app) = app(elf(X86_64, None));
        derivation.set("args", json!([app.join(wrong)]));
        fails(&derivation, &format!("args[0]: \"APP/{wrong}\" is not in the container; {hint}"));
    }
    fails(
        &container(json!(["/bin/sh"])),
        "args[0]: \"/bin/sh\" is not in the container; write the path of a program in the store, such as \
         \"${pkgs.hello}/bin/hello\"",
    );
}

#[test]
fn a_program_of_the_patch_is_named_there() {
    let (mut derivation, app) = app(elf(X86_64, None));
    derivation.set("config", json!({ "process": { "args": [app.join("bin/ap")] } }));
    fails(&derivation, "config.process.args[0]: \"APP/bin/ap\" is not in the container; did you mean \"APP/bin/app\"?");
}

#[test]
fn a_package_is_not_a_program() {
    let (mut derivation, app) = app(elf(X86_64, None));
    derivation.set("args", json!([app]));
    fails(&derivation, "args[0]: \"APP\" is a directory, not a program; did you mean \"APP/bin/app\"?");
}

#[test]
fn a_file_that_cannot_be_run_is_named() {
    let (derivation, app) = app(elf(X86_64, None));
    fs::set_permissions(app.join("bin/app"), Permissions::from_mode(0o444)).unwrap();
    fails(
        &derivation,
        "args[0]: \"APP/bin/app\" is not executable; set its executable bit; pkgs.writeScript and pkgs.writeShellScript make an executable file from a text",
    );
}

#[test]
fn a_link_to_what_is_not_there_is_named_with_its_target() {
    let (mut derivation, place) = app("");
    let link = place.join("bin/link");
    std::os::unix::fs::symlink("/nowhere/x", &link).unwrap();
    derivation.set("args", json!([link]));
    fails(
        &derivation,
        "args[0]: \"APP/bin/link\" is a link to \"/nowhere/x\", which is not in the container; add that to the container too",
    );
}

#[test]
fn links_are_followed_in_the_rootfs_alone() {
    let (mut derivation, app) = app(elf(X86_64, None));
    symlink("app", app.join("bin/link")).unwrap();
    symlink("/bin/sh", app.join("bin/outside")).unwrap();
    derivation.set("args", json!([app.join("bin/link")]));
    derivation.succeeds();
    fs::remove_dir_all(derivation.out()).unwrap();
    assert!(Path::new("/bin/sh").exists());
    derivation.set("args", json!([app.join("bin/outside")]));
    let outcome = derivation.build();
    assert!(!outcome.success && outcome.stderr.contains("is not in the container"), "{}", outcome.stderr);
}

#[test]
fn a_program_that_is_longer_than_linux_takes_is_named_in_short() {
    let (mut derivation, _) = app(elf(X86_64, None));
    for (program, shown, is) in [
        ("a".repeat(100_000), "a".repeat(60), "is a path of 100000 bytes, but Linux takes up to 4095"),
        ("/a".repeat(50_000), "/a".repeat(30), "is a path of 100000 bytes, but Linux takes up to 4095"),
        ("b".repeat(256), "b".repeat(60), "has a name of 256 bytes, but Linux takes up to 255"),
    ] {
        derivation.set("args", json!([program]));
        fails(
            &derivation,
            &format!(
                "args[0]: \"{shown}…\" {is}; write the path of a program in the store, such as \
                 \"${{pkgs.hello}}/bin/hello\""
            ),
        );
    }
}

#[test]
fn a_missing_program_of_many_directories_is_looked_for_in_few_steps() {
    let (mut derivation, app) = app(elf(X86_64, None));
    // The last directory that is there, and the first one that is not, anywhere on the way.
    for there in [0, 1, 700, 1400] {
        fs::create_dir_all(app.join("d/".repeat(there))).unwrap();
        let path = format!("{}{}/bin/app", app.join("d/".repeat(there)).display(), "/e".repeat(1400 - there));
        derivation.set("args", json!([path]));
        let outcome = derivation.build();
        assert!(outcome.stderr.contains("is not in the container"), "{}", outcome.stderr);
    }
}

#[test]
fn a_directory_that_is_in_path_many_times_is_looked_at_once() {
    let (mut derivation, app) = app(elf(X86_64, None));
    for number in 0..2_000 {
        fs::write(app.join(format!("bin/tool-{number}")), "").unwrap();
    }
    symlink("bin", app.join("sbin")).unwrap();
    let path = format!("{}:", [app.join("bin"), app.join("sbin")].map(|path| path.display().to_string()).join(":"));
    derivation.set("env", json!({ "PATH": format!("{}/nowhere", path.repeat(130_000 / path.len())) }));
    derivation.set("args", json!(["tol-1999"]));
    let outcome = derivation.build();
    assert!(outcome.stderr.ends_with("did you mean \"tool-1999\"?\n"), "{}", outcome.stderr);
}
