//! Whether the program starts: it is looked for as a runtime will (OCI runtime spec, config.md, "Process": `args`), and
//! so is what Linux needs to run it (execve(2)).

pub mod elf;
mod format;
mod lookup;
pub mod shebang;

use std::path::Path;

use anyhow::Result;
use object::elf::{EM_386, EM_X86_64, Machine};
use serde_json::Value;

use self::format::Format;
use self::lookup::Search;
use crate::plan::definition::init::Init;
use crate::plan::definition::{Definition, platform};
use crate::plan::diagnostics::{ArgumentError, AttrPath, quoted};
use crate::plan::rootfs::mounted_tree::MountedTree;
use crate::plan::runtime_config::{self, RuntimeConfig};

/// How many files Linux opens for one execve: the program, its interpreter, and so on (`exec_binprm` in its fs/exec.c).
const LONGEST_CHAIN: usize = 5;

/// Checks that the program of the configuration can be run in this root filesystem, and so can the init in front of it.
///
/// # Errors
/// An [`ArgumentError`] that names what is missing; a file that cannot be read.
pub fn check(config: &RuntimeConfig, definition: &Definition, mounted: &MountedTree<'_>) -> Result<()> {
    let process = &config["process"];
    let search = Search::new(process, mounted);
    let init = definition.run.init.as_ref();
    let program = process["args"][init.map_or(0, |init| init.words().len())].as_str().unwrap_or_default();
    let attribute = runtime_config::attribute_of_program(definition);
    let mut check = Check { search, attribute, system: &definition.system, filter: &config["linux"]["seccomp"] };
    check.starts(program)?;
    if let Some(init) = init {
        check.attribute = Init::attribute();
        check.starts(init.path())?;
    }
    Ok(())
}

struct Check<'v> {
    search: Search<'v>,
    /// Where the user wrote what is checked.
    attribute: AttrPath,
    system: &'v str,
    /// Which system calls there are; null for all.
    filter: &'v Value,
}

impl Check<'_> {
    /// Checks that Linux can run what this path or name leads to.
    fn starts(&self, program: &str) -> Result<()> {
        let place = self.search.find(program).map_err(|problem| self.error(problem.to_string()))?;
        self.runs(&place, LONGEST_CHAIN)
    }

    /// Checks that Linux can run the file at this real place, and `more - 1` others on the way.
    fn runs(&self, place: &Path, more: usize) -> Result<()> {
        let shown = quoted(&place.to_string_lossy());
        match Format::read(&self.search.file_at(place)?)? {
            Format::Elf(program) => {
                self.fits(place, program.machine)?;
                program.interpreter.map_or(Ok(()), |interpreter| self.has_loader(&shown, &interpreter))
            }
            Format::Script(_) if more == 0 => {
                let problem = format!("{shown} is the end of a chain of scripts that is too long for Linux");
                Err(self.error(problem))
            }
            Format::Script(script) => {
                let interpreter = &script.interpreter;
                let found = self.search.find_file(interpreter).map_err(|problem| {
                    // The nearest name may be the script's own.
                    let hint = problem.hint.as_deref().filter(|hint| !hint.contains(&shown));
                    let hint = hint.unwrap_or_else(|| script.what_to_try());
                    self.error(format!(
                        "the script {shown} asks for the interpreter {}, which {}; {hint}",
                        quoted(interpreter),
                        problem.is
                    ))
                })?;
                self.runs(&found, more - 1)?;
                let Some(program) = script.program_of_env() else { return Ok(()) };
                self.search
                    .find(program)
                    .map(drop)
                    .map_err(|problem| self.error(format!("the script {shown} asks env for a program: {problem}")))
            }
            Format::Damaged(reason) => Err(self.error(format!("{shown} {reason}"))),
            Format::Unknown => Err(self.error(format!(
                "{shown} is neither an ELF program nor a script that begins with \"#!\"; begin it with the path of an \
                 interpreter, such as #!${{pkgs.bash}}/bin/bash (pkgs.writeShellScript does)"
            ))),
        }
    }

    /// Checks the interpreter that an ELF program asks for: the loader of its libraries.
    fn has_loader(&self, program: &str, interpreter: &str) -> Result<()> {
        let asks = format!("{program} asks for the interpreter {}, which", quoted(interpreter));
        let found = self.search.find_file(interpreter).map_err(|problem| {
            let usual =
                "take the program from Nix's packages, or patch it (patchelf --set-interpreter, autoPatchelfHook)";
            self.error(format!("{asks} {}; {}", problem.is, problem.hint.as_deref().unwrap_or(usual)))
        })?;
        match Format::read(&self.search.file_at(&found)?)? {
            Format::Elf(loader) => self.fits(&found, loader.machine),
            Format::Damaged(reason) => Err(self.error(format!("{asks} {reason}"))),
            Format::Script(_) | Format::Unknown => Err(self.error(format!("{asks} is not an ELF program"))),
        }
    }

    fn fits(&self, place: &Path, machine: Machine) -> Result<()> {
        let system = self.system;
        let wanted = platform::machines(system);
        if wanted.first() == Some(&EM_X86_64) && machine == EM_386 && self.kills_32_bit_programs() {
            return Err(self.error(format!(
                "{} is a program for {}, which the filter of system calls kills in a container for {system}; build it with \
                 the packages of i686-linux, or choose another filter, or none, with the argument 'seccomp'",
                quoted(&place.to_string_lossy()),
                platform::name_of_machine(machine)
            )));
        }
        if wanted.is_empty() || wanted.contains(&machine) {
            return Ok(());
        }
        Err(self.error(format!(
            "{} is a program for {}, but the container is for {system}; take it from the packages of {system}",
            quoted(&place.to_string_lossy()),
            platform::name_of_machine(machine)
        )))
    }

    /// A filter is for the architectures that it names and for the kernel's own; other system calls kill (`seccomp_init(3)`,
    /// `SCMP_FLTATR_ACT_BADARCH`).
    fn kills_32_bit_programs(&self) -> bool {
        let named = self.filter["architectures"].as_array();
        self.filter.is_object() && !named.is_some_and(|names| names.iter().any(|name| name == "SCMP_ARCH_X86"))
    }

    fn error(&self, problem: String) -> anyhow::Error {
        ArgumentError::new(&self.attribute, problem).into()
    }
}
