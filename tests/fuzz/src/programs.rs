//! The inspection of programs: ELF files and scripts.

use std::io::Cursor;

use oci_bundle_builder::plan::preflight::{elf, shebang};

/// Takes the file.
///
/// # Panics
/// When something is read that is not in the file.
pub fn run(bytes: &[u8]) {
    if bytes.starts_with(elf::MAGIC) {
        let Ok(program) = elf::parse(Cursor::new(bytes)) else { return };
        // elf(5): EI_DATA, and e_machine, which stands at the same place in both classes.
        let machine = [bytes[18], bytes[19]];
        let machine = if bytes[5] == 1 { u16::from_le_bytes(machine) } else { u16::from_be_bytes(machine) };
        assert_eq!(program.machine.0, machine);
        if let Some(interpreter) = program.interpreter {
            assert!(!interpreter.contains('\0'), "{interpreter:?}");
        }
    } else if let Some(line) = bytes.strip_prefix(b"#!") {
        let Ok(script) = shebang::parse(line) else { return };
        let words = script.interpreter.split(['\n', ' ', '\t', '\0']).collect::<Vec<_>>();
        assert!(matches!(words[..], [word] if !word.is_empty()), "{script:?}");
        assert!(!script.argument.contains('\n'), "{script:?}");
        let _ = (script.program_of_env(), script.what_to_try());
    }
}
