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

/// An ELF file of these program headers that ask for an interpreter: where its path is, and how long.
fn elf_of_interpreters(paths: &[(u64, u64)], size: u64) -> Vec<u8> {
    let mut file = elf(X86_64, None);
    file.truncate(64);
    file[56..58].copy_from_slice(&u16::try_from(paths.len()).unwrap().to_le_bytes());
    for (offset, length) in paths {
        let mut header = [0; 56];
        header[0] = 3; // p_type: PT_INTERP
        header[8..16].copy_from_slice(&offset.to_le_bytes());
        header[32..40].copy_from_slice(&length.to_le_bytes());
        file.extend(header);
    }
    file.resize(usize::try_from(size).unwrap(), b'x');
    file
}

#[test]
fn the_first_interpreter_counts_as_it_does_for_linux() {
    const SIZE: u64 = 8192;
    let refused = |file| {
        let (derivation, _) = app(file);
        derivation.build().stderr
    };
    for (paths, text, expected) in [
        (
            vec![(8000, 4), (4096, 4097)],
            &b"/a\0\0"[..],
            "asks for the interpreter \"/a\", which is not in the container",
        ),
        (vec![(4096, 4096)], b"", "asks for the interpreter \"/xxxx"),
        (
            vec![(4096, 4097), (8000, 4)],
            b"/a\0\0",
            "its interpreter's path is 4097 bytes long, and Linux takes 2 to 4096",
        ),
        (vec![(8000, 1)], b"\0", "its interpreter's path is 1 bytes long, and Linux takes 2 to 4096"),
        (vec![(8000, 3)], b"/ab", "its interpreter's path does not end in a NUL"),
        (vec![(1 << 40, 3)], b"", "its interpreter's path is not in it"),
        (vec![], b"", "it has no program headers"),
        (vec![(8000, 4); 1171], b"", "it has 65576 bytes of program headers, and Linux reads up to 65536"),
    ] {
        let mut file = elf_of_interpreters(&paths, SIZE.max(64 + 56 * paths.len() as u64));
        if paths.len() < 100 {
            file[8000..8000 + text.len()].copy_from_slice(text);
            if paths == [(4096, 4096)] {
                file[4096] = b'/';
                file[8191] = 0;
            }
        }
        let said = refused(file);
        assert!(said.contains(expected), "{paths:?}: {said}");
    }
}

/// Whether a build stays below an address space of so many bytes.
#[test]
fn interpreters_that_linux_does_not_read_take_no_memory() {
    const SIZE: u64 = 5 << 20;
    let paths: Vec<_> = (0..500_u64).map(|number| (30_000 + number, SIZE - 40_000)).collect();
    let (derivation, _) = app(elf_of_interpreters(&paths, SIZE));
    let file = derivation.write_attrs("attrs.json");
    let mut command = derivation.builder_under(&["prlimit", "--as=1000000000", "--"]);
    let outcome = crate::derivation::Outcome::of(command.env("NIX_ATTRS_JSON_FILE", file));
    assert!(outcome.stderr.contains("its interpreter's path is 5202880 bytes long"), "{}", outcome.stderr);
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
