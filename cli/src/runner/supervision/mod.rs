//! The process that stays while a container runs: it starts the runtime, hands signals on, and ends as that ends.
//!
//! The runtime is the first process of a pid namespace, and is killed with this process. So whichever of them is killed, the kernel
//! ends all of the container.

mod helper;
mod prepared;
mod relay;
mod runtime_process;
mod signals;
mod terminal_modes;

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

pub use self::helper::Helper;
pub use self::prepared::Prepared;
pub use self::relay::{RELAY_STREAM, Relays, end_of_input, relay_stream};
pub use self::runtime_process::{RuntimeProcess, Streams};
use self::signals::Received;
pub use self::signals::{Signals, release};
use self::terminal_modes::TerminalModes;

/// Runs a command to its end, and hands signals on. Gives its exit code.
///
/// # Errors
/// It cannot be started.
pub fn run_to_end(mut command: Command, streams: Streams) -> Result<u8> {
    let Streams { stdin, stdout, stderr, has_terminal, relays } = streams;
    command.stdin(stdin).stdout(stdout).stderr(stderr);
    let program = command.get_program().to_string_lossy().into_owned();
    if !has_terminal {
        command.process_group(0);
    }
    let terminal = has_terminal.then(TerminalModes::save).flatten();
    let child = command.spawn().with_context(|| format!("starting '{program}'"))?;
    // It has the pipes of the relays open.
    drop(command);
    // It has them as usual.
    let signals = Signals::take()?;
    let process =
        RuntimeProcess { process: number(&child)?, shares_group: has_terminal, terminal, locks: Vec::new(), relays };
    Ok(exit_code(attend(&signals, &process, &mut [], &mut Idle)?))
}

fn number(child: &Child) -> Result<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("a process has no number")
}

/// The exit code as a shell has it: 128 and the signal for what was killed.
pub fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

impl Drop for Helper {
    /// What it has taken of the host is free when this process goes on.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is done while a container runs. All of it is done by one thread: a process that has unshared its pid namespace can start no
/// other (`pid_namespaces(7)`).
pub trait Attendant {
    /// What is read as soon as there is something.
    fn outputs(&self) -> Vec<BorrowedFd<'_>>;

    /// Reads what has come from one of them, without waiting.
    fn read(&mut self, output: usize);

    /// Looks after the container, and says after which time to look again.
    ///
    /// # Errors
    /// The container is to end.
    fn poll(&mut self) -> Result<Option<Duration>>;
}

/// Nothing is done.
#[derive(Debug)]
pub struct Idle;

impl Attendant for Idle {
    fn outputs(&self) -> Vec<BorrowedFd<'_>> {
        Vec::new()
    }

    fn read(&mut self, _output: usize) {}

    fn poll(&mut self) -> Result<Option<Duration>> {
        Ok(None)
    }
}

/// Waits until the runtime has ended, and hands on the signals that this process gets meanwhile.
///
/// # Errors
/// A helper has ended before, and so has the container then.
pub fn attend(
    signals: &Signals,
    runtime: &RuntimeProcess,
    helpers: &mut [Helper],
    attendant: &mut dyn Attendant,
) -> Result<ExitStatus> {
    loop {
        if let Some(status) = runtime.ended(WaitOptions::NOHANG)? {
            runtime.restore_terminal();
            return Ok(status);
        }
        if let Err(error) = poll_all(helpers, attendant).and_then(|time| wait(signals, runtime, attendant, time)) {
            runtime.kill();
            runtime.ended(WaitOptions::empty())?;
            runtime.restore_terminal();
            return Err(error);
        }
    }
}

/// Looks after all beside the runtime. Gives the time after which to do so again.
fn poll_all(helpers: &mut [Helper], attendant: &mut dyn Attendant) -> Result<Option<Duration>> {
    for helper in helpers {
        if let Some(status) = helper.child.try_wait().with_context(|| format!("waiting for {}", helper.name))? {
            bail!("{} has ended ({status}), and the container with it", helper.name);
        }
    }
    attendant.poll()
}

/// Waits until something happens, or for this time, and does what there is to do.
fn wait(
    signals: &Signals,
    runtime: &RuntimeProcess,
    attendant: &mut dyn Attendant,
    time: Option<Duration>,
) -> Result<()> {
    let time = time.map(Timespec::try_from).transpose().context("waiting for a container")?;
    let ready: Vec<_> = {
        let outputs = attendant.outputs();
        let mut fds: Vec<_> = std::iter::once(signals.as_fd())
            .chain(outputs)
            .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
            .collect();
        match poll(&mut fds, time.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(()),
            Err(error) => return Err(error).context("waiting for a container (poll(2))"),
        }
        fds.iter().map(|fd| !fd.revents().is_empty()).collect()
    };
    for output in (1..ready.len()).filter(|index| ready[*index]) {
        attendant.read(output - 1);
    }
    if ready[0]
        && let Some(Received { number, is_sent }) = signals.receive()?
        // What comes from the terminal has reached the whole process group.
        && (is_sent || !runtime.shares_group)
        && let Some(signal) = Signal::from_named_raw(number)
        && signal != Signal::CHILD
    {
        let _ = kill_process(runtime.process, signal);
    }
    Ok(())
}

impl RuntimeProcess {
    /// How it has ended, if it has; without `NOHANG`, this waits until then.
    fn ended(&self, options: WaitOptions) -> Result<Option<ExitStatus>> {
        loop {
            match waitpid(Some(self.process), options) {
                Err(Errno::INTR) => {}
                Err(error) => return Err(error).context("waiting for the runtime (waitpid(2))"),
                Ok(ended) => return Ok(ended.map(|(_, status)| ExitStatus::from_raw(status.as_raw()))),
            }
        }
    }

    /// Sets the modes of the terminal back.
    fn restore_terminal(&self) {
        if let Some(modes) = &self.terminal {
            modes.restore();
        }
    }

    /// Ends it, and all of its container.
    fn kill(&self) {
        let _ = kill_process(self.process, Signal::KILL);
    }
}
