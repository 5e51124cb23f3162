//! Processes that copy what a container prints to where it may not read.
//!
//! Who has a terminal or a file as its output can open it again and read from it: what is typed, or what others have written. runc gives
//! a container pipes, crun what it has itself. So what crun gets for such an output is a pipe, from which a process of this program
//! copies. It may wait for the terminal, which the process above the runtime may not.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::SigSet;
use rustix::fs::{FileType, fstat};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Signal, set_parent_process_death_signal};
use rustix::termios::isatty;

/// The hidden verb that copies.
pub const RELAY_OUTPUT: &str = "relay-output";

/// How long what is left of an output may take when its runtime has ended. A process that goes on may hold it open.
const MOST_FOR_REST: Duration = Duration::from_secs(1);

/// How long to wait for a terminal that takes nothing now.
const PAUSE: Duration = Duration::from_millis(10);

/// A process that copies.
#[derive(Debug)]
pub struct Relay(Child);

impl Relay {
    /// Starts one for an output, if a container could read from it. Gives what the container is to print to.
    ///
    /// # Errors
    /// There are too many processes or open files.
    pub fn start(output: impl AsFd) -> Result<Option<(Self, OwnedFd)>> {
        if !can_be_read(&output) {
            return Ok(None);
        }
        let (from, to) = pipe_with(PipeFlags::CLOEXEC).context("making a pipe for an output")?;
        let output = output.as_fd().try_clone_to_owned().context("keeping an output open")?;
        let mut command = Command::new("/proc/self/exe");
        command.arg(RELAY_OUTPUT).stdin(from).stdout(output).stderr(Stdio::null());
        // What is typed at a terminal is not for it.
        let child = command.process_group(0).spawn().context("starting a process that copies an output")?;
        Ok(Some((Self(child), to)))
    }
}

impl Drop for Relay {
    /// Waits for what is left.
    fn drop(&mut self) {
        let start = Instant::now();
        while start.elapsed() < MOST_FOR_REST && matches!(self.0.try_wait(), Ok(None)) {
            sleep(Duration::from_millis(1));
        }
        // It may wait for a terminal that is stopped, and is nobody's then.
        let _ = self.0.kill();
        let _ = self.0.try_wait();
    }
}

/// Whether it is a terminal or a file.
fn can_be_read(output: impl AsFd) -> bool {
    isatty(&output) || fstat(&output).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
}

/// What the hidden verb does: copies standard input to standard output.
///
/// # Errors
/// What cannot be read or written.
pub fn relay_output() -> Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL)).context("asking for the end with the parent (prctl(2))")?;
    // The container ends it by its own end.
    SigSet::all().thread_block().context("blocking signals")?;
    let open = |stream: io::Result<OwnedFd>| stream.map(File::from).context("opening a standard stream");
    let mut from = open(io::stdin().as_fd().try_clone_to_owned())?;
    let mut to = open(io::stdout().as_fd().try_clone_to_owned())?;
    let mut buffer = [0; 16 * 1024];
    // Not by splice(2), which lets nobody write to the pipe while a terminal is stopped.
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => write_piece(&mut to, &buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("reading an output"),
        }
    }
}

/// Writes a piece. What does not fit on a full disk is lost, and does not end the container.
fn write_piece(to: &mut File, mut piece: &[u8]) {
    while !piece.is_empty() {
        match to.write(piece) {
            Ok(0) => return,
            Ok(count) => piece = &piece[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(PAUSE),
            Err(_) => return,
        }
    }
}
