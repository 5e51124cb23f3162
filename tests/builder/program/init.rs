//! The init in front of the program.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::json;

use super::{AARCH64, X86_64, app, elf, write_program};
use crate::derivation::Derivation;

/// A container of a program, with an init whose bin/init is for this machine.
fn with_init(machine: u8) -> (Derivation, PathBuf) {
    let (mut derivation, _) = app(elf(X86_64, None));
    let init = derivation.add("init", &[]).join("bin/init");
    write_program(&init, elf(machine, None));
    derivation.set("init", json!(init));
    (derivation, init)
}

/// Builds, and expects the message, in which `BIN` is the directory of the init.
fn fails(derivation: &Derivation, message: &str) {
    let bin = derivation.store_path("init").join("bin");
    let bin = format!("TMP/store/{}", bin.strip_prefix(derivation.store()).unwrap().display());
    derivation.fails_with(&format!("buildContainer: {}", message.replace("BIN", &bin)));
}

#[test]
fn it_stands_before_the_arguments_and_those_of_the_patch() {
    let (mut derivation, init) = with_init(X86_64);
    let program = derivation.store_path("app").join("bin/app");
    assert_eq!(derivation.succeeds()["process"]["args"], json!([init, "--", program]));
    fs::remove_dir_all(derivation.out()).unwrap();
    derivation.set("config", json!({ "process": { "args": [program, "more"] } }));
    assert_eq!(derivation.succeeds()["process"]["args"], json!([init, "--", program, "more"]));
}

#[test]
fn it_is_looked_for_as_the_program_is() {
    let (mut derivation, init) = with_init(AARCH64);
    fails(
        &derivation,
        "init: \"BIN/init\" is a program for aarch64, but the container is for x86_64-linux; take it from the packages of \
         x86_64-linux",
    );
    fs::set_permissions(&init, Permissions::from_mode(0o444)).unwrap();
    fails(
        &derivation,
        "init: \"BIN/init\" is not executable; set its executable bit; pkgs.writeScript and pkgs.writeShellScript make an executable \
         file from a text",
    );
    derivation.set("init", json!(init.with_file_name("ini")));
    fails(&derivation, "init: \"BIN/ini\" is not in the container; did you mean \"BIN/init\"?");
    derivation.set("checkProgram", json!(false));
    derivation.succeeds();
}

#[test]
fn what_is_said_of_the_program_names_its_own_place() {
    let (mut derivation, _) = with_init(X86_64);
    let missing =
        "is not in the container; write the path of a program in the store, such as \"${pkgs.hello}/bin/hello\"";
    derivation.set("args", json!(["/none", "a"]));
    fails(&derivation, &format!("args[0]: \"/none\" {missing}"));
    derivation.set("config", json!({ "process": { "args": ["/other"] } }));
    fails(&derivation, &format!("config.process.args[0]: \"/other\" {missing}"));
}
