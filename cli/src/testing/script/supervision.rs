//! What a supervisor is told.

use std::path::PathBuf;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::request::Socket;
use super::spec::{NodeSpec, ScriptSpec};

/// What is supervised.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Supervision {
    /// The containers.
    pub nodes: Vec<NodeSpec>,
    /// Whether the script names them, also if it is one.
    pub is_named: bool,
    /// The script, and what its containers start with.
    pub spec: ScriptSpec,
    /// The OCI runtime.
    pub runtime: Utf8PathBuf,
    /// bash.
    pub shell: Utf8PathBuf,
    /// Where the script finds programs.
    pub path: Vec<Utf8PathBuf>,
    /// This program.
    pub program: PathBuf,
    /// An empty directory.
    pub work: PathBuf,
    /// The kind of the terminal, if somebody sits there and gets a shell when the script has ended.
    pub terminal: Option<String>,
}

impl Supervision {
    /// Where the supervisor listens.
    pub fn socket(&self) -> Socket {
        Socket(self.work.join("supervisor"))
    }

    /// The file for what came of it.
    pub fn result(&self) -> PathBuf {
        self.work.join("result.json")
    }

    /// The file for what the last run of a container could not have.
    pub fn warnings(&self, index: usize) -> PathBuf {
        self.work.join(format!("warnings-{index}"))
    }
}
