//! What is known of a container while it runs.

use std::fs;
use std::os::fd::OwnedFd;

use camino::Utf8PathBuf;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde::{Deserialize, Serialize};

use crate::runner::InRuntime;

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What the runtime calls it.
    pub id: String,
    /// The bundle.
    pub bundle: Utf8PathBuf,
    /// The runtime.
    pub runtime: Utf8PathBuf,
    /// The command and its arguments.
    pub command: Vec<String>,
    /// The process that stays until it has ended.
    pub monitor: u32,
    /// The pid namespace that this number is of.
    pub pid_namespace: String,
    /// The process of the runtime.
    pub process: Option<u32>,
    /// When it was started, in seconds since 1970.
    pub started: u64,
    /// Whether its output is in a log, as nobody waits for it.
    pub is_detached: bool,
    /// The signal that stops it.
    pub stop_signal: Option<String>,
    /// The ports of the host that are handed on to it.
    pub ports: Vec<String>,
    /// What has become of it.
    pub state: State,
    /// Its cgroups, below the directory where each is mounted.
    pub cgroups: Vec<String>,
    /// What its check says, if it has one.
    pub health: Option<String>,
}

impl Record {
    /// What the runtime knows of it.
    pub fn in_runtime(&self) -> InRuntime {
        InRuntime { runtime: self.runtime.clone(), id: self.id.clone(), bundle: self.bundle.clone() }
    }

    /// Opens the monitor, if this process sees it.
    pub fn open_monitor(&self) -> Option<OwnedFd> {
        let is_here = self.pid_namespace == pid_namespace();
        let pid = i32::try_from(self.monitor).ok().and_then(Pid::from_raw).filter(|_| is_here)?;
        pidfd_open(pid, PidfdFlags::empty()).ok()
    }
}

/// The pid namespace of this process.
pub fn pid_namespace() -> String {
    fs::read_link("/proc/self/ns/pid").map_or_else(|_| String::new(), |link| link.to_string_lossy().into_owned())
}

/// What has become of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Its program does not run yet.
    Starting,
    /// Its program runs.
    Running,
    /// It has ended by itself, with this exit code.
    Exited(u8),
}
