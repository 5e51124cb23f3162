//! Whether the program starts: what is said if it would not.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::derivation::Derivation;

/// `e_machine` of elf(5).
const I386: u8 = 3;
const X86_64: u8 = 62;
const AARCH64: u8 = 183;

/// The smallest ELF file with a program header: a 64-bit one for `machine`, with an interpreter or none.
fn elf(machine: u8, interpreter: Option<&str>) -> Vec<u8> {
    let mut file = vec![0; 64 + 56];
    file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    file[16] = 3; // e_type: ET_DYN
    file[18] = machine;
    file[20] = 1; // e_version
    file[32] = 64; // e_phoff
    file[52] = 64; // e_ehsize
    file[54] = 56; // e_phentsize
    file[56] = 1; // e_phnum
    file[64] = if interpreter.is_some() { 3 } else { 1 }; // p_type: PT_INTERP, PT_LOAD
    if let Some(interpreter) = interpreter {
        file[72] = 120; // p_offset
        file[96] = u8::try_from(interpreter.len() + 1).unwrap(); // p_filesz
        file.extend(interpreter.as_bytes());
        file.push(0);
    }
    file
}

fn container(args: Value) -> Derivation {
    // The store of these tests is below /tmp, which would be hidden by the mount that is there by default.
    Derivation::new(json!({ "args": args, "checkProgram": true, "mounts": { "/tmp": null } }))
}

fn write_program(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o555)).unwrap();
}

/// A container with the store path `app`, whose bin/app has these bytes and is the program.
fn app(bytes: impl AsRef<[u8]>) -> (Derivation, PathBuf) {
    let mut derivation = container(json!([]));
    let app = derivation.add("app", &[]);
    write_program(&app.join("bin/app"), bytes);
    derivation.set("args", json!([app.join("bin/app")]));
    (derivation, app)
}

/// Builds, and expects the message, in which `APP` is the store path of `app` and `TMP` the temporary folder.
fn fails(derivation: &Derivation, message: &str) {
    let app = derivation.store_path("app");
    let app = format!("TMP/store/{}", app.file_name().unwrap().to_str().unwrap());
    derivation.fails_with(&format!("buildContainer: {}", message.replace("APP", &app)));
}

#[test]
fn a_static_program_passes() {
    let (derivation, _) = app(elf(X86_64, None));
    derivation.succeeds();
}

#[test]
fn a_dynamic_program_passes_with_its_loader() {
    let (mut derivation, app) = app("");
    let loader = derivation.add("glibc", &[]).join("lib/ld.so");
    write_program(&loader, elf(X86_64, None));
    write_program(&app.join("bin/app2"), elf(X86_64, loader.to_str()));
    derivation.set("args", json!([app.join("bin/app2")]));
    derivation.succeeds();
}

#[test]
fn a_script_passes_with_its_chain_of_interpreters() {
    let (derivation, app) = app("");
    let at = |name: &str| app.join("bin").join(name);
    write_program(&at("loader"), elf(X86_64, None));
    write_program(&at("shell"), elf(X86_64, at("loader").to_str()));
    write_program(&at("wrapper"), format!("#!{} -e\n", at("shell").display()));
    fs::remove_file(at("app")).unwrap();
    write_program(&at("app"), format!("#! {}", at("wrapper").display()));
    derivation.succeeds();
}

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
        "args[0]: \"APP/bin/app\" is not executable; make it so; of a text, pkgs.writeScript and pkgs.writeShellScript \
         make executable files",
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
        "args[0]: \"APP/bin/link\" is a link to \"/nowhere/x\", which is not in the container; put that into the \
         container as well",
    );
}

#[test]
fn a_program_of_32_bits_needs_a_filter_that_knows_it() {
    let filter = |architectures: Value| json!({ "defaultAction": "SCMP_ACT_ALLOW", "architectures": architectures });
    let (mut derivation, _) = app(elf(I386, None));
    let message = "args[0]: \"APP/bin/app\" is a program for i686, which the filter of system calls kills in a container for \
                   x86_64-linux; build it with the packages of i686-linux, or choose another filter, or none, with the \
                   argument 'seccomp'";
    fails(&derivation, message);
    derivation.set("seccomp", filter(json!(["SCMP_ARCH_X86_64"])));
    fails(&derivation, message);
    for seccomp in [filter(json!(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"])), Value::Null] {
        let (mut derivation, _) = app(elf(I386, None));
        derivation.set("seccomp", seccomp);
        derivation.succeeds();
    }
    let (mut derivation, _) = app(elf(I386, None));
    derivation.attrs["hostSystem"] = json!("i686-linux");
    derivation.succeeds();
}

#[test]
fn what_is_neither_elf_nor_script_is_named() {
    for bytes in ["echo hello\n", "", "# !/bin/sh\n"] {
        let (derivation, _) = app(bytes);
        fails(
            &derivation,
            "args[0]: \"APP/bin/app\" is neither an ELF program nor a script that begins with \"#!\"; begin it with the \
             path of an interpreter, such as #!${pkgs.bash}/bin/bash (pkgs.writeShellScript does)",
        );
    }
}

#[test]
fn a_missing_interpreter_is_named() {
    for (bytes, message) in [
        (
            elf(X86_64, Some("/lib64/ld-linux-x86-64.so.2")),
            "args[0]: \"APP/bin/app\" asks for the interpreter \"/lib64/ld-linux-x86-64.so.2\", which is not in the \
             container; take the program from Nix's packages, or patch it (patchelf --set-interpreter, autoPatchelfHook)",
        ),
        (
            b"#!/bin/sh\n".to_vec(),
            "args[0]: the script \"APP/bin/app\" asks for the interpreter \"/bin/sh\", which is not in the container; \
             add pkgs.dockerTools.binSh to 'contents', or write the script with pkgs.writeShellScript",
        ),
        (
            b"#!/usr/bin/env bash\n".to_vec(),
            "args[0]: the script \"APP/bin/app\" asks for the interpreter \"/usr/bin/env\", which is not in the \
             container; add pkgs.dockerTools.usrBinEnv to 'contents', or let patchShebangs mend the script",
        ),
        (
            b"#!/usr/bin/perl\n".to_vec(),
            "args[0]: the script \"APP/bin/app\" asks for the interpreter \"/usr/bin/perl\", which is not in the \
             container; name one of the store, such as #!${pkgs.bash}/bin/bash, or add its package to 'contents'",
        ),
        (b"#!\n".to_vec(), "args[0]: \"APP/bin/app\" begins with \"#!\", but no interpreter follows"),
        (
            b"#!/bin/sh\r\n".to_vec(),
            "args[0]: \"APP/bin/app\" has a first line that ends in a carriage return; save it with Unix line ends",
        ),
    ] {
        let (derivation, _) = app(bytes);
        fails(&derivation, message);
    }
}

#[test]
fn an_interpreter_that_is_none_is_named() {
    let (derivation, app) = app("");
    let text = app.join("bin/text");
    write_program(&text, "text");
    for (bytes, message) in [
        (
            elf(X86_64, text.to_str()),
            "args[0]: \"APP/bin/app\" asks for the interpreter \"APP/bin/text\", which is not an ELF program",
        ),
        (
            format!("#!{}\n", text.display()).into_bytes(),
            "args[0]: \"APP/bin/text\" is neither an ELF program nor a script that begins with \"#!\"; begin it with the \
             path of an interpreter, such as #!${pkgs.bash}/bin/bash (pkgs.writeShellScript does)",
        ),
        (
            format!("#!{}\n", app.join("bin/app").display()).into_bytes(),
            "args[0]: \"APP/bin/app\" is the end of a chain of scripts that is too long for Linux",
        ),
    ] {
        fs::remove_file(app.join("bin/app")).unwrap();
        write_program(&app.join("bin/app"), bytes);
        fails(&derivation, message);
    }
}

#[test]
fn the_program_that_env_is_asked_for_has_to_be_there_too() {
    let (mut derivation, _) = app("#!/usr/bin/env bash\n");
    let env = derivation.add("env", &[]);
    write_program(&env.join("usr/bin/env"), elf(X86_64, None));
    derivation.set("contents", json!([env]));
    fails(
        &derivation,
        "args[0]: the script \"APP/bin/app\" asks env for a program: \"bash\" is in no directory of PATH, \
         \"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"; add its package to 'contents', or write its \
         path, such as \"${package}/bin/bash\"",
    );
}

#[test]
fn a_program_for_another_machine_is_named() {
    let (derivation, _) = app(elf(AARCH64, None));
    fails(
        &derivation,
        "args[0]: \"APP/bin/app\" is a program for aarch64, but the container is for x86_64-linux; take it from the \
         packages of x86_64-linux",
    );
    let (mut derivation, app) = app("");
    let loader = app.join("bin/loader");
    write_program(&loader, elf(AARCH64, None));
    write_program(&app.join("bin/mixed"), elf(X86_64, loader.to_str()));
    derivation.set("args", json!([app.join("bin/mixed")]));
    fails(
        &derivation,
        "args[0]: \"APP/bin/loader\" is a program for aarch64, but the container is for x86_64-linux; take it from the \
         packages of x86_64-linux",
    );
    derivation.attrs["hostSystem"] = json!("aarch64-linux");
    derivation.set("args", json!([app.join("bin/loader")]));
    derivation.succeeds();
}

#[test]
fn a_damaged_elf_file_is_named() {
    let mut damaged = elf(X86_64, Some("/x"));
    damaged.truncate(70);
    let (derivation, _) = app(damaged);
    fails(&derivation, "args[0]: \"APP/bin/app\" is a damaged ELF file: Invalid ELF program header size or alignment");
    let mut object = elf(X86_64, None);
    object[16] = 1; // ET_REL
    let (derivation, _) = app(object);
    fails(&derivation, "args[0]: \"APP/bin/app\" is an ELF file, but not a program");
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
fn a_mount_that_hides_the_program_is_named() {
    let (mut derivation, app) = app(elf(X86_64, None));
    let name = app.file_name().unwrap().to_str().unwrap().to_owned();
    let store = derivation.store();
    derivation.set("mounts", json!({ "/tmp": null, store.to_str().unwrap(): { "type": "tmpfs" } }));
    fails(
        &derivation,
        &format!(
            "args[0]: \"TMP/store/{name}/bin/app\" is hidden by mounts.\"TMP/store\"; mount it elsewhere, or say \
             checkProgram = false if that has the program, too"
        ),
    );
    derivation.set("mounts", json!({ "/tmp": null, app.join("bin").to_str().unwrap(): "/srv/bin" }));
    fails(
        &derivation,
        "args[0]: \"APP/bin/app\" comes through mounts.\"APP/bin\", which cannot be looked at here; say checkProgram = \
         false if it is there when the container starts",
    );
}

#[test]
fn a_program_may_come_through_a_mount() {
    let (mut derivation, app) = app(elf(X86_64, None));
    // From the closure it can be looked at.
    for (mounts, program) in [
        (json!({ "/app": app }), "/app/bin/app".to_owned()),
        (json!({ "/run/app": app.join("bin/app") }), "/run/app".to_owned()),
        (
            json!({ derivation.store().to_str().unwrap(): derivation.store() }),
            app.join("bin/app").display().to_string(),
        ),
        (json!({ "/host": "/" }), format!("/host{}", app.join("bin/app").display())),
    ] {
        let mut all = mounts.clone();
        all["/tmp"] = Value::Null;
        derivation.set("mounts", all);
        derivation.set("args", json!([program]));
        derivation.succeeds();
        fs::remove_dir_all(derivation.out()).unwrap();
    }
    derivation.set("mounts", json!({ "/tmp": null, "/app": app }));
    derivation.set("args", json!(["/app/bin/ap"]));
    fails(&derivation, "args[0]: \"/app/bin/ap\" is not in the container; did you mean \"/app/bin/app\"?");

    // From the host it cannot, unless the check is off.
    derivation.set("mounts", json!({ "/tmp": null, "/srv": "/srv" }));
    derivation.set("args", json!(["/srv/run"]));
    fails(
        &derivation,
        "args[0]: \"/srv/run\" comes through mounts.\"/srv\", which cannot be looked at here; say checkProgram = false \
         if it is there when the container starts",
    );
    derivation.set("checkProgram", json!(false));
    derivation.succeeds();
}
