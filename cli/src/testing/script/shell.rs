//! bash, with the programs of a test at hand.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::supervision::Supervision;

/// The name by which a script calls this program to control a container.
pub const CONTAINER: &str = "container";

/// The name by which it calls this program to cut the network.
pub const NETWORK: &str = "network";

/// The variable with the socket of the supervisor.
pub const SOCKET: &str = "OCI_BUNDLE_TEST";

/// The variable that is there if the script names its containers.
pub const NAMED: &str = "OCI_BUNDLE_TEST_NAMED";

/// What bash reads first: with it, the command that ends a script is named.
const PRELUDE: &str = "unset BASH_ENV\n\
    trap 'echo \"container.test: line $LINENO of the script: exit code $?: $BASH_COMMAND\" >&2' ERR\n";

/// A shell of a test.
pub struct Shell<'s> {
    supervision: &'s Supervision,
    directory: PathBuf,
}

impl<'s> Shell<'s> {
    /// Writes what a shell needs below the test's directory.
    ///
    /// # Errors
    /// What cannot be written.
    pub fn prepare(supervision: &'s Supervision) -> Result<Self> {
        let shell = Self { supervision, directory: supervision.work.join("shell") };
        for directory in [&shell.directory, &shell.programs(), &shell.home()] {
            fs::create_dir(directory).with_context(|| format!("making the directory '{}'", directory.display()))?;
        }
        for name in [CONTAINER, NETWORK] {
            let link = shell.programs().join(name);
            symlink(&supervision.program, &link).with_context(|| format!("linking '{}'", link.display()))?;
        }
        write(&shell.directory.join("prelude"), PRELUDE)?;
        write(&shell.script(), &supervision.spec.script)?;
        Ok(shell)
    }

    /// The command that runs the script, and ends at the first command that fails.
    pub fn run(&self) -> Command {
        let mut command = self.command();
        // In functions and subshells as well.
        command.args(["-e", "-E"]).arg(self.script()).env("BASH_ENV", self.directory.join("prelude"));
        command
    }

    /// The command for somebody at a terminal.
    pub fn interactive(&self, terminal: Option<&str>) -> Command {
        let mut command = self.command();
        command.args(["--norc", "-i"]).env("PS1", "container.test:\\w\\$ ");
        command.env("TERM", terminal.unwrap_or("dumb"));
        command
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.supervision.shell);
        // What Nix sets, or a user, is not the test's.
        command.env_clear().current_dir(self.home());
        let programs = self.programs();
        let path =
            std::iter::once(programs.as_path()).chain(self.supervision.path.iter().map(|path| path.as_std_path()));
        let path: Vec<_> = path.map(|path| path.to_string_lossy().into_owned()).collect();
        command.env("PATH", path.join(":")).env("HOME", self.home()).env("TMPDIR", self.home());
        command.env(SOCKET, &self.supervision.socket().0);
        if self.supervision.is_named {
            command.env(NAMED, "1");
        }
        command
    }

    fn programs(&self) -> PathBuf {
        self.directory.join("bin")
    }

    fn home(&self) -> PathBuf {
        self.directory.join("home")
    }

    fn script(&self) -> PathBuf {
        self.directory.join("script")
    }
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("writing '{}'", file.display()))
}
