//! The program `container.run`: a script that runs one bundle.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};

/// The command with which the script calls `oci-bundle`; its name and the bundle follow, and what it was given.
pub const WRAPPED: &str = "launch";

/// What the script runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapper {
    /// The `oci-bundle` of the machine that containers run on.
    pub program: Utf8PathBuf,
    /// The runtime, where the environment names no other.
    pub runtime: Utf8PathBuf,
    /// The bundle.
    pub bundle: Utf8PathBuf,
}

impl Wrapper {
    /// Writes the script as `bin/NAME` of the new directory `out`.
    ///
    /// # Errors
    /// What failed, and on which file.
    pub fn write(&self, out: &Utf8Path, name: &str) -> Result<()> {
        let directory = out.join("bin");
        fs::create_dir_all(&directory).with_context(|| format!("making the directory '{directory}'"))?;
        let file = directory.join(name);
        fs::write(&file, self.script(name)).with_context(|| format!("writing '{file}'"))?;
        let mode = fs::Permissions::from_mode(0o555);
        fs::set_permissions(&file, mode).with_context(|| format!("making '{file}' executable"))
    }

    /// It says its name, so that its messages and its help do.
    fn script(&self, name: &str) -> String {
        let [runtime, program, bundle] = [&self.runtime, &self.program, &self.bundle].map(|path| quoted(path));
        let name = quoted(name.into());
        format!("#!/bin/sh\nOCI_RUNTIME=${{OCI_RUNTIME:-{runtime}}} exec {program} {WRAPPED} {name} {bundle} \"$@\"\n")
    }
}

/// A path as a word of the shell.
fn quoted(path: &Utf8Path) -> String {
    format!("'{}'", path.as_str().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_one_command() {
        let wrapper =
            Wrapper { program: "/bin/a".into(), runtime: "/it's/a $runtime".into(), bundle: "/store/b?c".into() };
        assert_eq!(
            wrapper.script("run-it"),
            "#!/bin/sh\nOCI_RUNTIME=${OCI_RUNTIME:-'/it'\\''s/a $runtime'} exec '/bin/a' launch 'run-it' '/store/b?c' \"$@\"\n"
        );
    }
}
