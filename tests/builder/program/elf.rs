//! Programs in ELF: for which machine they are, and what they ask for.

use serde_json::{Value, json};

use crate::program::{AARCH64, I386, X86_64, app, elf, fails, write_program};

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

#[test]
fn interpreters_that_linux_does_not_read_take_no_memory() {
    const SIZE: u64 = 5 << 20;
    let paths: Vec<_> = (0..500_u64).map(|number| (30_000 + number, SIZE - 40_000)).collect();
    let (derivation, _) = app(elf_of_interpreters(&paths, SIZE));
    let file = derivation.write_attrs("attrs.json");
    let mut command = derivation.builder_under(&["prlimit", "--as=1000000000", "--"]);
    let outcome = crate::derivation::Outcome::new(command.env("NIX_ATTRS_JSON_FILE", file));
    assert!(outcome.stderr.contains("its interpreter's path is 5202880 bytes long"), "{}", outcome.stderr);
}
