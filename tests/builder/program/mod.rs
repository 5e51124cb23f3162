//! Whether the program starts: what is said if it would not.

mod elf;
mod init;
mod lookup;
mod mounts;
mod scripts;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
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
