//! The platform that a container is for, and the nixpkgs arguments `os` and `arch` that repeat it.

use crate::field::{Field, Mistake};

/// Names of one architecture: as in a Nix system, then as in Go, which OCI documents use.
const ARCHITECTURES: [(&str, &str); 9] = [
    ("x86_64", "amd64"),
    ("aarch64", "arm64"),
    ("armv6l", "arm"),
    ("armv7l", "arm"),
    ("i686", "386"),
    ("loongarch64", "loong64"),
    ("powerpc64le", "ppc64le"),
    ("riscv64", "riscv64"),
    ("s390x", "s390x"),
];

/// Checks the argument `os` against `system`, a Nix system such as `x86_64-linux`.
///
/// # Errors
/// A [`Mistake`] if it names another operating system.
pub fn check_os(field: &Field<'_>, system: &str) -> Result<(), Mistake> {
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
/// A [`Mistake`] if it names another architecture.
pub fn check_arch(field: &Field<'_>, system: &str) -> Result<(), Mistake> {
    let (cpu, _) = split(system);
    let go = ARCHITECTURES.iter().find(|(nix, _)| *nix == cpu).map(|(_, go)| *go);
    let arch = field.string()?;
    if arch == cpu || Some(arch) == go {
        return Ok(());
    }
    Err(field.unwanted(&format!(
        "\"{cpu}\", as the packages are for {system}; leave it out, or take the packages of another system"
    )))
}

fn split(system: &str) -> (&str, &str) {
    system.split_once('-').unwrap_or((system, "linux"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_names_of_an_architecture_are_right() {
        for (arch, system) in [
            ("x86_64", "x86_64-linux"),
            ("amd64", "x86_64-linux"),
            ("aarch64", "aarch64-linux"),
            ("arm64", "aarch64-linux"),
            ("mips", "mips-linux"),
        ] {
            check_arch(&Field::root(&json!(arch)), system).unwrap();
        }
        assert!(check_arch(&Field::root(&json!("x86_64")), "aarch64-linux").is_err());
        assert!(check_arch(&Field::root(&json!("arm64")), "x86_64-linux").is_err());
    }

    #[test]
    fn the_operating_system_is_that_of_the_packages() {
        check_os(&Field::root(&json!("linux")), "x86_64-linux").unwrap();
        let mistake = check_os(&Field::root(&json!("windows")), "x86_64-linux").unwrap_err();
        assert_eq!(
            mistake.to_string(),
            "buildContainer: found the string \"windows\", want \"linux\", as the packages are for x86_64-linux; \
             leave it out, or take the packages of another system"
        );
    }
}
