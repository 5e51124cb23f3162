//! Scripts, and interpreters that are not there or are none.

use std::fs;

use serde_json::json;

use crate::program::{X86_64, app, elf, fails, write_program};

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
             container; add pkgs.dockerTools.usrBinEnv to 'contents', or let patchShebangs rewrite the script",
        ),
        (
            b"#!/usr/bin/perl\n".to_vec(),
            "args[0]: the script \"APP/bin/app\" asks for the interpreter \"/usr/bin/perl\", which is not in the \
             container; use one from the store, such as #!${pkgs.bash}/bin/bash, or add its package to 'contents'",
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
