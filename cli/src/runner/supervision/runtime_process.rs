//! The runtime as a child of this process.
//!
//! This program becomes it: as itself, it asks to be killed with its parent, and mounts the /proc of its pid namespace.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use rustix::mount::{self, MountFlags};
use rustix::process::{Signal, set_parent_process_death_signal};
use rustix::thread::UnshareFlags;

use super::prepared::Prepared;
use super::signals::release;
use super::terminal_modes::TerminalModes;

/// The hidden verb with which this program becomes the runtime.
pub const HOLD_RUNTIME: &str = "hold-runtime";

/// The runtime.
#[derive(Debug)]
pub struct RuntimeProcess {
    /// The process.
    pub child: Child,
    /// Whether it is in the process group of this one, so that a terminal's signals reach it.
    pub shares_group: bool,
    /// How the terminal was before, if it has one.
    pub terminal: Option<TerminalModes>,
    /// What is locked for as long as it runs.
    pub locks: Vec<OwnedFd>,
}

/// The standard streams of the container.
#[derive(Debug)]
pub struct Streams {
    /// Standard input.
    pub stdin: Stdio,
    /// Standard output.
    pub stdout: Stdio,
    /// Standard error.
    pub stderr: Stdio,
    /// Whether standard input is a terminal, which is for the processes of one group at a time.
    pub has_terminal: bool,
}

impl Streams {
    /// Those of this process.
    pub fn inherited(has_terminal: bool) -> Self {
        Self { stdin: Stdio::inherit(), stdout: Stdio::inherit(), stderr: Stdio::inherit(), has_terminal }
    }
}

impl Prepared {
    /// Starts the runtime.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn spawn(self, streams: Streams) -> Result<RuntimeProcess> {
        if self.owns_processes {
            // What is unsafe about it, are tables of open files, and these stay shared.
            #[allow(deprecated)]
            rustix::thread::unshare(UnshareFlags::NEWPID).context("making a pid namespace (unshare(2))")?;
        }
        let mut command = Command::new("/proc/self/exe");
        command.arg(HOLD_RUNTIME).arg(std::process::id().to_string());
        command.arg(if self.owns_processes { "first" } else { "one" });
        command.arg(if self.has_sockets { "sockets" } else { "no-sockets" });
        command.arg(self.command.get_program()).args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let shares_group = streams.has_terminal;
        if !shares_group {
            command.process_group(0);
        }
        let terminal = shares_group.then(TerminalModes::save).flatten();
        let child = command.stdin(streams.stdin).stdout(streams.stdout).stderr(streams.stderr).spawn();
        let child = child.with_context(|| format!("starting the runtime '{}'", self.runtime))?;
        Ok(RuntimeProcess { child, shares_group, terminal, locks: self.locks })
    }
}

/// What the hidden verb does: becomes the runtime, so this returns only if that fails.
///
/// # Errors
/// What the kernel does not allow.
pub fn hold_runtime(words: &[OsString]) -> Result<Infallible> {
    let [parent, place, sockets, program, arguments @ ..] = words else { bail!("'{HOLD_RUNTIME}' is for 'run'") };
    set_parent_process_death_signal(Some(Signal::KILL)).context("asking for the end with the parent (prctl(2))")?;
    ensure!(parent_here()? == parent.to_string_lossy(), "the process that started it is gone");
    release()?;
    let mut command = Command::new(program);
    command.args(arguments);
    if place == "first" {
        own_proc()?;
    }
    // The sockets of `sd_listen_fds(3)` are for the process that has this number.
    if sockets == "sockets" {
        command.env("LISTEN_PID", std::process::id().to_string());
    }
    let error = command.exec();
    bail!("starting the runtime '{}': {error}", program.to_string_lossy())
}

/// The parent's number where /proc is still the one of the pid namespace above.
fn parent_here() -> Result<String> {
    let status = fs::read_to_string("/proc/self/status").context("reading '/proc/self/status'")?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    Ok(parent.context("'/proc/self/status' names no parent")?.trim().to_owned())
}

/// Gives this process, and not its parent, the /proc of its pid namespace.
fn own_proc() -> Result<()> {
    // What is unsafe about it, are tables of open files, and these stay shared.
    #[allow(deprecated)]
    rustix::thread::unshare(UnshareFlags::NEWNS).context("making a mount namespace (unshare(2))")?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount::mount("proc", "/proc", "proc", flags, None).context("mounting the /proc of a pid namespace")
}
