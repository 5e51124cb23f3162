//! The OCI runtime that starts a bundle.

use std::process::Command;

use anyhow::{Result, bail};
use camino::{Utf8Path, Utf8PathBuf};

use super::files::{SearchPath, find_executable};
use crate::runner::runtime_config::RuntimeConfig;

/// Looked for in this order.
const KNOWN: [&str; 3] = ["crun", "runc", "youki"];

/// A runtime with the command line that runc, crun and youki share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runtime(Utf8PathBuf);

impl Runtime {
    /// The runtime that was asked for, or the first on PATH of those known.
    ///
    /// # Errors
    /// There is none; says what was looked for.
    pub fn find(asked: Option<&Utf8Path>, search_path: &SearchPath) -> Result<Self> {
        // A variable that is empty says nothing.
        let asked = asked.filter(|asked| !asked.as_str().is_empty());
        if let Some(asked) = asked {
            let is_path = asked.as_str().contains('/');
            let found = if is_path { find_executable(asked) } else { search_path.find(asked.as_str()) };
            return match found {
                Some(program) => Ok(Self(program)),
                None => bail!("no OCI runtime '{asked}'; --runtime and OCI_RUNTIME take a path, or a name on PATH"),
            };
        }
        match KNOWN.iter().find_map(|name| search_path.find(name)) {
            Some(program) => Ok(Self(program)),
            None => bail!(
                "no OCI runtime: {} are not on PATH; install one, or name one with --runtime or OCI_RUNTIME",
                KNOWN.join(", ")
            ),
        }
    }

    /// What another program in its place would not have (stat(2)).
    pub fn identity(&self) -> Option<String> {
        let stat = rustix::fs::stat(self.0.as_std_path()).ok()?;
        let numbers = [
            i128::from(stat.st_dev),
            i128::from(stat.st_ino),
            i128::from(stat.st_size),
            i128::from(stat.st_mtime),
            i128::from(stat.st_mtime_nsec),
            i128::from(stat.st_ctime),
            i128::from(stat.st_ctime_nsec),
        ];
        Some(numbers.map(|number| number.to_string()).join("-"))
    }

    /// Where it is.
    pub fn program(&self) -> &Utf8Path {
        &self.0
    }

    /// Whether it can do with a user namespace that has no user or group 0, if that is what the document has.
    pub fn runs_without_root_in(&self, config: &RuntimeConfig) -> bool {
        let has_root = ["uidMappings", "gidMappings"].iter().all(|side| {
            let mappings = config["linux"][side].as_array();
            mappings.is_none_or(|mappings| mappings.iter().any(|mapping| mapping["containerID"] == 0))
        });
        has_root || !self.is_runc()
    }

    /// Whether it is crun, which wants to be told what others find out.
    pub fn is_crun(&self) -> bool {
        self.0.file_name() == Some("crun")
    }

    /// Whether it is runc.
    pub fn is_runc(&self) -> bool {
        self.0.file_name() == Some("runc")
    }

    /// The command that runs the bundle to its end.
    pub fn command(&self, bundle: &Utf8Path, id: &str, has_cgroups: bool) -> Command {
        let mut command = self.command_for(bundle, has_cgroups);
        command.arg("run").arg("--pid-file").arg(bundle.join("pid")).arg("--bundle").arg(bundle).arg(id);
        command
    }

    /// The start of a command, for what is run from this bundle.
    pub fn command_for(&self, bundle: &Utf8Path, has_cgroups: bool) -> Command {
        let mut command = Command::new(&self.0);
        if self.is_crun() && !has_cgroups {
            command.arg("--cgroup-manager=disabled");
        }
        command.arg("--root").arg(bundle.join("state"));
        command
    }
}
