//! The platform that a container is for, and the nixpkgs arguments `os` and `arch` that repeat it.

use crate::plan::diagnostics::{ArgumentError, Field};

use object::elf::{EM_386, EM_AARCH64, EM_ARM, EM_LOONGARCH, EM_PPC64, EM_RISCV, EM_S390, EM_X86_64, Machine};

/// Names of one architecture: as in a Nix system, then as in Go, which OCI documents use; and the machines of ELF
/// programs that its Linux runs (`e_machine`). That of `x86_64` runs those of `i686` as well, everywhere but by choice.
const ARCHITECTURES: [(&str, &str, &[Machine]); 9] = [
    ("x86_64", "amd64", &[EM_X86_64, EM_386]),
    ("aarch64", "arm64", &[EM_AARCH64]),
    ("armv6l", "arm", &[EM_ARM]),
    ("armv7l", "arm", &[EM_ARM]),
    ("i686", "386", &[EM_386]),
    ("loongarch64", "loong64", &[EM_LOONGARCH]),
    ("powerpc64le", "ppc64le", &[EM_PPC64]),
    ("riscv64", "riscv64", &[EM_RISCV]),
    ("s390x", "s390x", &[EM_S390]),
];

/// Checks the argument `os` against `system`, a Nix system such as `x86_64-linux`.
///
/// # Errors
/// An [`ArgumentError`] if it names another operating system.
pub fn check_os(field: &Field<'_>, system: &str) -> Result<(), ArgumentError> {
    let (_, os) = split(system);
    if field.string()? == os {
        return Ok(());
    }
    Err(field.unwanted(&format!(
        "\"{os}\", as the packages are for {system}; leave it out, or take the packages of another system"
    )))
}

/// Checks the argument `arch` against `system`. Nix's name and Go's are both right.
///
/// # Errors
/// An [`ArgumentError`] if it names another architecture.
pub fn check_arch(field: &Field<'_>, system: &str) -> Result<(), ArgumentError> {
    let (cpu, _) = split(system);
    let go = ARCHITECTURES.iter().find(|(nix, ..)| *nix == cpu).map(|(_, go, _)| *go);
    let arch = field.string()?;
    if arch == cpu || Some(arch) == go {
        return Ok(());
    }
    Err(field.unwanted(&format!(
        "\"{cpu}\", as the packages are for {system}; leave it out, or take the packages of another system"
    )))
}

/// The machines of the ELF programs that run on `system`; none if they are not known.
pub fn machines(system: &str) -> &'static [Machine] {
    let (cpu, _) = split(system);
    ARCHITECTURES.iter().find(|(nix, ..)| *nix == cpu).map_or(&[], |(.., machines)| machines)
}

/// Nix's name for a machine.
pub fn name_of_machine(machine: Machine) -> String {
    let known = ARCHITECTURES.iter().find(|(.., machines)| machines[0] == machine);
    known.map_or_else(|| format!("the ELF machine {}", machine.0), |(nix, ..)| (*nix).to_owned())
}

fn split(system: &str) -> (&str, &str) {
    system.split_once('-').unwrap_or((system, "linux"))
}

#[cfg(test)]
mod tests;
