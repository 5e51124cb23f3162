//! Another process in a container that runs.
//!
//! The runtime starts it, so that it gets the container's capabilities, seccomp filter, limits and namespaces, as the first process
//! did. The runtime's state is in the mount namespace of the run, and of the user who is root there: so this process joins both.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use camino::Utf8PathBuf;
use rustix::fs::{CWD, MemfdFlags, memfd_create};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};
use serde_json::{Value, json};

use super::cgroup::CgroupMode;
use super::files::{RootDir, SearchPath, open_directory};
use super::init::remove_init;
use super::overrides::{Overrides, apply_overrides};
use super::runtime::Runtime;
use super::supervision::{self, Streams};
use crate::runner::runtime_config::RuntimeConfig;

/// The parent, as `/proc/PID/stat` has it (`proc_pid_stat`(5)): behind the name of the program, which may have anything in it but is in
/// parentheses, and the state.
pub fn parent_in(stat: &[u8]) -> Option<u32> {
    let behind = stat.rsplit(|byte| *byte == b')').next()?;
    std::str::from_utf8(behind).ok()?.split_whitespace().nth(1)?.parse().ok()
}

/// A file in memory with a process, which the runtime reads. It closes it with all that is not for the container.
pub fn memfd_of(process: &Value) -> Result<File> {
    let file = memfd_create("process", MemfdFlags::empty()).context("making a file in memory")?;
    let mut file = File::from(file);
    file.write_all(process.to_string().as_bytes()).context("writing a file in memory")?;
    Ok(file)
}

pub fn open_proc() -> Result<OwnedFd> {
    open_directory(CWD, "/proc").context("opening '/proc'")
}

pub fn path_of(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// The process that runs a container. It is open, so that no other one is taken for it that gets its number later.
#[derive(Debug)]
pub struct Runner {
    pid: Pid,
    process: OwnedFd,
}

impl Runner {
    /// The process of this number.
    ///
    /// # Errors
    /// There is none.
    pub fn open(pid: Pid) -> Result<Self> {
        let process = pidfd_open(pid, PidfdFlags::empty()).context("opening the process of the run")?;
        Ok(Self { pid, process })
    }

    /// Kills it.
    ///
    /// # Errors
    /// It has ended.
    pub fn kill(&self) -> Result<()> {
        pidfd_send_signal(&self.process, Signal::KILL).context("sending SIGKILL")
    }
}

/// A container, as its runtime knows it.
#[derive(Clone, Debug)]
pub struct InRuntime {
    /// The runtime that this has become.
    pub runtime: Utf8PathBuf,
    /// What the runtime calls the container.
    pub id: String,
    /// The bundle of the run.
    pub bundle: Utf8PathBuf,
}

/// A container that runs.
#[derive(Debug)]
pub struct Running {
    /// The process that runs it.
    pub runner: Runner,
    /// What the runtime knows.
    pub container: InRuntime,
}

impl Running {
    /// Runs another process in the container, to its end. The process is the container's own with other words, as the overrides say,
    /// and in another working directory if one is given. This process has one thread. It becomes the runtime's `exec` where the
    /// container's processes have no pid namespace of their own, so this returns an exit code only for one that has.
    ///
    /// # Errors
    /// A run that has ended, what the container does not have, or what the kernel does not allow.
    pub fn exec(&self, overrides: &Overrides, cwd: Option<&str>) -> Result<u8> {
        let runtime = Runtime::find(Some(&self.container.runtime), &SearchPath::new("".into()))?;
        // The runtime's own shows no process of this one's pid namespace.
        let proc = open_proc()?;
        // Who copies is no process of the container's, so they start before this one joins it.
        let has_terminal = overrides.terminal.is_some();
        let streams = Streams::inherited(has_terminal)?;
        let owns_processes = self.join()?;
        let process = self.container.process(overrides, cwd, proc)?;
        let file = memfd_of(&process)?;
        let mut command = self.container.runtime_command(&runtime, owns_processes);
        command.args(["exec", "--process"]).arg(path_of(&file));
        if has_terminal {
            command.arg("--tty");
        }
        command.arg(&self.container.id);
        supervision::run_to_end(command, streams)
    }

    /// Sends the first process of the container a signal. This process has one thread, and is in the namespaces of the run then.
    ///
    /// # Errors
    /// What the runtime says.
    pub fn kill(&self, signal: i32) -> Result<()> {
        let runtime = Runtime::find(Some(&self.container.runtime), &SearchPath::new("".into()))?;
        let owns_processes = self.join()?;
        let output = self
            .container
            .runtime_command(&runtime, owns_processes)
            .args(["kill", &self.container.id, &signal.to_string()])
            .output();
        let output = output.with_context(|| format!("starting the runtime '{}'", runtime.program()))?;
        let said = String::from_utf8_lossy(&output.stderr);
        // A container that ends by it, ends with all that is in its pid namespace: with the process that has sent it, too.
        let ended = owns_processes && output.status.signal() == Some(Signal::KILL.as_raw());
        ensure!(
            output.status.success() || ended,
            "sending signal {signal}: {}",
            said.trim().lines().last().unwrap_or("refused")
        );
        Ok(())
    }

    /// Joins the namespaces in which the run was set up. Whether its processes have a pid namespace of their own, in which what this
    /// process starts is then.
    fn join(&self) -> Result<bool> {
        let mut kinds = ThreadNameSpaceType::MOUNT;
        // The kernel refuses to join the one that this process is in.
        if !self.shares("user")? {
            kinds |= ThreadNameSpaceType::USER;
        }
        let owns_processes = !self.shares("pid")?;
        if owns_processes {
            kinds |= ThreadNameSpaceType::PROCESS_ID;
        }
        move_into_thread_name_spaces(self.runner.process.as_fd(), kinds)
            .context("joining the namespaces of the run (setns(2))")?;
        Ok(owns_processes)
    }

    fn shares(&self, kind: &str) -> Result<bool> {
        let link = |pid: &str| {
            let link = format!("/proc/{pid}/ns/{kind}");
            fs::read_link(&link).with_context(|| format!("looking at '{link}'"))
        };
        Ok(link("self")? == link(&self.runner.pid.as_raw_nonzero().to_string())?)
    }
}

impl InRuntime {
    /// The start of a command for the container, in the namespaces of its run.
    pub fn runtime_command(&self, runtime: &Runtime, owns_processes: bool) -> Command {
        // The runtime is the first process of its pid namespace.
        let seen_by = if owns_processes { "1" } else { "self" };
        let has_cgroups = CgroupMode::seen_by(seen_by) != CgroupMode::Missing;
        let mut command = runtime.command_for(&self.bundle, has_cgroups);
        command.env_clear().current_dir(&self.bundle);
        command
    }

    /// The process, as the runtime specification has it (config.md, "Process").
    ///
    /// # Errors
    /// What the container does not have.
    pub fn process(&self, overrides: &Overrides, cwd: Option<&str>, proc: OwnedFd) -> Result<Value> {
        let file = self.bundle.join("config.json");
        let text = fs::read_to_string(&file).with_context(|| format!("reading '{file}'"))?;
        let config: Value = serde_json::from_str(&text).with_context(|| format!("reading '{file}'"))?;
        let root = self.bundle.join("rootfs");
        let root = open_directory(CWD, root.as_std_path()).with_context(|| format!("opening '{root}'"))?;
        let mut config = RuntimeConfig::from(config);
        remove_init(&mut config)?;
        let config = apply_overrides(config, overrides, &RootDir::new(root).with_proc(proc))?;
        let mut process = config["process"].clone();
        if let Some(cwd) = cwd {
            process["cwd"] = json!(cwd);
        }
        Ok(process)
    }
}
