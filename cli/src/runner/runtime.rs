//! The OCI runtime that starts a bundle.

use std::env;
use std::ffi::OsStr;
use std::process::Command;

use anyhow::{Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

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
    pub fn find(asked: Option<&Utf8Path>) -> Result<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        // A variable that is empty says nothing.
        let asked = asked.filter(|asked| !asked.as_str().is_empty());
        if let Some(asked) = asked {
            let found = if asked.as_str().contains('/') { is_there(asked) } else { on_path(&path, asked.as_str()) };
            return match found {
                Some(program) => Ok(Self(program)),
                None => bail!("no OCI runtime '{asked}'; --runtime and OCI_RUNTIME take a path, or a name on PATH"),
            };
        }
        match KNOWN.iter().find_map(|name| on_path(&path, name)) {
            Some(program) => Ok(Self(program)),
            None => bail!(
                "no OCI runtime: {} are not on PATH; install one, or name one with --runtime or OCI_RUNTIME",
                KNOWN.join(", ")
            ),
        }
    }

    /// Where it is.
    pub fn program(&self) -> &Utf8Path {
        &self.0
    }

    /// Whether it can do with a user namespace that has no user or group 0, if that is what the document has.
    pub fn runs_without_root_in(&self, document: &Value) -> bool {
        let has_root = ["uidMappings", "gidMappings"].iter().all(|side| {
            let mappings = document["linux"][side].as_array();
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
        let mut command = Command::new(&self.0);
        if self.is_crun() && !has_cgroups {
            command.arg("--cgroup-manager=disabled");
        }
        command.arg("--root").arg(bundle.join("state")).args(["run", "--bundle"]).arg(bundle).arg(id);
        command
    }
}

/// A program in one of these directories. Relative ones are left out: what is in the working directory may be anybody's.
pub fn on_path(path: &OsStr, name: &str) -> Option<Utf8PathBuf> {
    let directories = env::split_paths(path).filter_map(|directory| Utf8PathBuf::from_path_buf(directory).ok());
    let mut programs = directories.filter(|directory| directory.is_absolute()).map(|directory| directory.join(name));
    programs.find_map(|program| is_there(&program))
}

/// Its absolute path, as it is started from another directory.
fn is_there(program: &Utf8Path) -> Option<Utf8PathBuf> {
    rustix::fs::access(program.as_std_path(), rustix::fs::Access::EXEC_OK).ok()?;
    camino::absolute_utf8(program).ok().filter(|program| program.is_file())
}
