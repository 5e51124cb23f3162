//! The verb `write-wrapper`: writes the script that runs one bundle, for `container.run`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

/// The command with which the script calls `oci-bundle`; its name and the bundle follow, and what it was given.
pub const WRAPPED: &str = "launch";

#[derive(Args)]
pub struct WrapperOptions {
    /// The program's name
    pub name: String,

    /// The oci-bundle that it calls
    pub program: Utf8PathBuf,

    /// The runtime, where the environment names no other
    pub runtime: Utf8PathBuf,

    /// The bundle
    pub bundle: Utf8PathBuf,

    /// The init of --init, where the environment names no other
    #[arg(long, value_name = "PROGRAM")]
    pub init: Option<Utf8PathBuf>,

    /// The pasta that connects its network, where the environment names no other
    #[arg(long, value_name = "PROGRAM")]
    pub pasta: Option<Utf8PathBuf>,

    /// The directory to make
    #[arg(long, value_name = "DIRECTORY", env = "out")]
    pub out: Utf8PathBuf,
}

/// Writes the script.
pub fn write_wrapper(options: WrapperOptions) -> Result<()> {
    let WrapperOptions { name, program, runtime, bundle, init, pasta, out } = options;
    Wrapper { program, runtime, bundle, init, pasta }.write(&out, &name)
}

/// What the script runs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wrapper {
    /// The `oci-bundle` of the host that containers run on.
    pub program: Utf8PathBuf,
    /// The runtime, where the environment names no other.
    pub runtime: Utf8PathBuf,
    /// The bundle.
    pub bundle: Utf8PathBuf,
    /// The init of `--init`, where the environment names no other.
    pub init: Option<Utf8PathBuf>,
    /// The pasta, where the environment names no other; the one on `PATH` if there is none.
    pub pasta: Option<Utf8PathBuf>,
}

impl Wrapper {
    /// Writes the script as `bin/NAME` of the new directory `out`.
    ///
    /// # Errors
    /// What failed, and on which file.
    fn write(&self, out: &Utf8Path, name: &str) -> Result<()> {
        write_program(out, name, &self.script(name))
    }

    /// It says its name, so that its messages and its help do.
    fn script(&self, name: &str) -> String {
        let [runtime, program, bundle] = [&self.runtime, &self.program, &self.bundle].map(|path| quoted(path.as_str()));
        let export = |name: &str, program: &Option<Utf8PathBuf>| {
            let export = |program: &Utf8PathBuf| format!("export {name}=${{{name}:-{}}}\n", quoted(program.as_str()));
            program.as_ref().map(export).unwrap_or_default()
        };
        let (init, pasta) = (export("OCI_INIT", &self.init), export("OCI_PASTA", &self.pasta));
        let name = quoted(name);
        format!(
            "#!/bin/sh\n{init}{pasta}OCI_RUNTIME=${{OCI_RUNTIME:-{runtime}}} exec {program} {WRAPPED} {name} {bundle} \"$@\"\n"
        )
    }
}

/// Writes a program as `bin/NAME` of the directory `out`, which is made if it is not there.
///
/// # Errors
/// What failed, and on which file.
pub fn write_program(out: &Utf8Path, name: &str, text: &str) -> Result<()> {
    let directory = out.join("bin");
    fs::create_dir_all(&directory).with_context(|| format!("making the directory '{directory}'"))?;
    let file = directory.join(name);
    fs::write(&file, text).with_context(|| format!("writing '{file}'"))?;
    let mode = fs::Permissions::from_mode(0o555);
    fs::set_permissions(&file, mode).with_context(|| format!("making '{file}' executable"))
}

/// A text as a word of the shell.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests;
