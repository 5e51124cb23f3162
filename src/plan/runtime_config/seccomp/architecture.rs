//! Architectures, by their names in a Nix system, in Docker's filters and in the specification's.

use crate::plan::diagnostics::{ArgumentError, Field};

/// An architecture that containers are for.
#[derive(Debug, PartialEq, Eq)]
pub struct Architecture {
    /// As in a Nix system.
    nix: &'static str,
    /// As in `includes.arches` of Docker's format.
    pub docker: &'static str,
    /// As in `architectures` of a filter.
    pub in_filter: Option<&'static str>,
}

/// Filters leave out names that not every runtime knows: runc 1.1 refuses that of RISC-V, and that of `LoongArch` asks for version
/// 1.2.1 of the specification. A filter is for the runtime's own architecture in any case.
#[rustfmt::skip]
const ARCHITECTURES: [Architecture; 9] = [
    Architecture { nix: "x86_64", docker: "amd64", in_filter: Some("SCMP_ARCH_X86_64") },
    Architecture { nix: "aarch64", docker: "arm64", in_filter: Some("SCMP_ARCH_AARCH64") },
    Architecture { nix: "armv6l", docker: "arm", in_filter: Some("SCMP_ARCH_ARM") },
    Architecture { nix: "armv7l", docker: "arm", in_filter: Some("SCMP_ARCH_ARM") },
    Architecture { nix: "i686", docker: "x86", in_filter: Some("SCMP_ARCH_X86") },
    Architecture { nix: "loongarch64", docker: "loong64", in_filter: None },
    Architecture { nix: "powerpc64le", docker: "ppc64le", in_filter: Some("SCMP_ARCH_PPC64LE") },
    Architecture { nix: "riscv64", docker: "riscv64", in_filter: None },
    Architecture { nix: "s390x", docker: "s390x", in_filter: Some("SCMP_ARCH_S390X") },
];

/// The names in Docker's format; source: moby's and Podman's filters, and libseccomp's names for the others.
const IN_CONDITIONS: [&str; 20] = [
    "amd64",
    "arm",
    "arm64",
    "loong64",
    "mips",
    "mips64",
    "mips64n32",
    "mipsel",
    "mipsel64",
    "mipsel64n32",
    "parisc",
    "parisc64",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv64",
    "s390",
    "s390x",
    "x32",
    "x86",
];

impl Architecture {
    /// That of a Nix system such as `x86_64-linux`, if it is known.
    pub fn of_system(system: &str) -> Option<&'static Self> {
        let cpu = system.split('-').next();
        ARCHITECTURES.iter().find(|architecture| Some(architecture.nix) == cpu)
    }

    /// Whether `clone` has its arguments in another order.
    pub fn is_s390(&self) -> bool {
        self.docker.starts_with("s390")
    }
}

/// Checks a name in `arches` of Docker's format.
///
/// # Errors
/// An [`ArgumentError`] that names those that there are.
pub fn check_name(field: &Field<'_>) -> Result<(), ArgumentError> {
    if IN_CONDITIONS.contains(&field.string()?) { Ok(()) } else { Err(field.unwanted_of(&IN_CONDITIONS)) }
}
