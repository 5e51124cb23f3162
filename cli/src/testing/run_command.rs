//! The command with which a test runs a container: the verb `run` of this program.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use camino::Utf8Path;

/// What is run, and how.
#[derive(Clone, Copy, Debug)]
pub struct RunCommand<'r> {
    /// The OCI runtime.
    pub runtime: &'r Utf8Path,
    /// The bundle.
    pub bundle: &'r Utf8Path,
    /// The file for what the container cannot have here.
    pub warnings: &'r Path,
    /// The directory for what it writes, if that is looked at or used again.
    pub state: Option<&'r Path>,
    /// The directory for its volumes, which end with the test.
    pub state_home: &'r Path,
    /// More options.
    pub options: &'r [OsString],
    /// Variables over those of the container, `NAME=VALUE` each.
    pub env: &'r [String],
    /// Arguments in the place of the container's; none keeps these.
    pub args: &'r [String],
}

impl RunCommand<'_> {
    /// Adds the words of the command line, and takes what Nix sets: it is not the container's.
    pub fn add_to(&self, command: &mut Command) {
        command.args(["run", "--runtime", self.runtime.as_str()]);
        // Where a test runs, there is no outside; a script connects its containers with each other.
        command.arg("--unconnected").arg("--warnings").arg(self.warnings);
        if let Some(state) = self.state {
            command.arg("--state").arg(state);
        }
        command.arg("--state-home").arg(self.state_home);
        command.args(self.options);
        for variable in self.env {
            command.args(["--env", variable]);
        }
        command.arg(self.bundle);
        if !self.args.is_empty() {
            command.arg("--").args(self.args);
        }
        command.env_clear();
    }
}
