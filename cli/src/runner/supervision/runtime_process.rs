//! The runtime as a child of this process.
//!
//! A copy of this process becomes it (`fork(2)`): before it does, it asks to be killed with its parent, and mounts the /proc of its
//! pid namespace. To start this program for that would take longer than all else that a run takes beside its runtime.

use std::convert::Infallible;
use std::fs;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use fork::{Fork, fork};
use oci_bundle_builder::plan::diagnostics::text;
use rustix::fs::fstat;
use rustix::mount::{self, MountFlags};
use rustix::process::{Pid, Signal, set_parent_process_death_signal};
use rustix::termios::isatty;
use rustix::thread::UnshareFlags;

use super::prepared::Prepared;
use super::relay::Relays;
use super::signals::release;
use super::terminal_modes::TerminalModes;

/// The runtime.
#[derive(Debug)]
pub struct RuntimeProcess {
    /// The process, a child of this one.
    pub process: Pid,
    /// Whether it is in the process group of this one, so that a terminal's signals reach it.
    pub shares_group: bool,
    /// How the terminal was before, if it has one.
    pub terminal: Option<TerminalModes>,
    /// What is locked for as long as it runs.
    pub locks: Vec<OwnedFd>,
    /// What copies its standard streams.
    pub relays: Relays,
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
    /// What copies from and to those of this process.
    pub relays: Relays,
}

impl Streams {
    /// Those of this process, but for what could be opened again, which is copied from and to. A terminal that standard input is, stays.
    ///
    /// # Errors
    /// There are too many processes or open files.
    pub fn inherited(has_terminal: bool) -> Result<Self> {
        let mut relays = Relays::default();
        let stdin = if has_terminal { None } else { relays.input(io::stdin())? };
        let terminal = has_terminal.then(|| device(io::stdin())).flatten();
        let mut output = |output: BorrowedFd<'_>| {
            let is_terminal = terminal.is_some() && device(output) == terminal;
            if is_terminal { Ok(None) } else { relays.output(output) }
        };
        let stdout = output(io::stdout().as_fd())?;
        let stderr = output(io::stderr().as_fd())?;
        let [stdin, stdout, stderr] = [stdin, stdout, stderr].map(|pipe| pipe.map_or_else(Stdio::inherit, Stdio::from));
        Ok(Self { stdin, stdout, stderr, has_terminal, relays })
    }
}

/// The terminal that something is.
fn device(stream: impl AsFd) -> Option<u64> {
    isatty(&stream).then(|| fstat(&stream).ok().map(|stat| stat.st_rdev)).flatten()
}

impl Prepared {
    /// Starts the runtime.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn spawn(mut self, streams: Streams) -> Result<RuntimeProcess> {
        if self.owns_processes {
            // What is unsafe about it, are tables of open files, and these stay shared.
            #[allow(deprecated)]
            rustix::thread::unshare(UnshareFlags::NEWPID).context("making a pid namespace (unshare(2))")?;
        }
        let shares_group = streams.has_terminal;
        if !shares_group {
            self.command.process_group(0);
        }
        let terminal = shares_group.then(TerminalModes::save).flatten();
        self.command.stdin(streams.stdin).stdout(streams.stdout).stderr(streams.stderr);
        let monitor = std::process::id();
        let process = match fork().with_context(|| format!("starting the runtime '{}' (fork(2))", self.runtime))? {
            Fork::Parent(process) => process,
            Fork::Child => self.hold(monitor),
        };
        let process = Pid::from_raw(process).context("the runtime's process has no number")?;
        Ok(RuntimeProcess { process, shares_group, terminal, locks: self.locks, relays: streams.relays })
    }

    /// What the child does.
    fn hold(self, monitor: u32) -> ! {
        let Err(error) = self.become_held(monitor);
        let _ = writeln!(io::stderr(), "{}", text::one_line("oci-bundle", &error));
        // What this process has a copy of is the monitor's to clean up.
        std::process::exit(1)
    }

    /// Becomes the runtime, which ends with the monitor, so this returns only if that fails.
    fn become_held(mut self, monitor: u32) -> Result<Infallible> {
        set_parent_process_death_signal(Some(Signal::KILL)).context("asking for the end with the parent (prctl(2))")?;
        ensure!(parent_here()? == monitor.to_string(), "the process that started it is gone");
        release()?;
        if self.owns_processes {
            own_proc()?;
        }
        // The sockets of `sd_listen_fds(3)` are for the process that has this number.
        if self.has_sockets {
            self.command.env("LISTEN_PID", std::process::id().to_string());
        }
        let error = self.command.exec();
        bail!("starting the runtime '{}': {error}", self.runtime)
    }
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
