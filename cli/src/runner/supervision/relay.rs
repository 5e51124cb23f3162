//! Processes that copy what a container reads or prints, where it could do more with the caller's file than that.
//!
//! Who has a terminal or a file as a standard stream can open it again, for reading or for writing: what is typed, what others have
//! written, or all of the file. runc gives a container pipes, crun what it has itself, and crun makes it the container's user's
//! (`fchown(2)`), `/dev/null` of the host as well, and a file beside a terminal. So what crun gets for such a stream is a pipe, and a
//! process of this program copies. It may wait for the terminal, which the process above the runtime may not.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, parent_id};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::SigSet;
use rustix::fs::{FileType, FsWord, Stat, fstat, fstatfs, makedev};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Signal, set_parent_process_death_signal};

/// The hidden verb that copies.
pub const RELAY_STREAM: &str = "relay-stream";

/// How long what is left of the outputs may take when their runtime has ended. A process that goes on may hold them open.
const MOST_FOR_REST: Duration = Duration::from_secs(1);

/// The file system of pipes without a name (statfs(2)).
const PIPEFS_MAGIC: FsWord = 0x5049_5045;

/// How long to wait for a terminal that takes nothing now.
const PAUSE: Duration = Duration::from_millis(10);

/// The processes that copy the standard streams of a container.
#[derive(Debug, Default)]
pub struct Relays {
    input: Option<Child>,
    outputs: Vec<Child>,
}

impl Relays {
    /// Starts one for standard input, if the container may not have that itself. Gives what it is to read from, then.
    ///
    /// # Errors
    /// There are too many processes or open files.
    pub fn input(&mut self, input: impl AsFd) -> Result<Option<OwnedFd>> {
        if is_for_container(&input) {
            return Ok(None);
        }
        if is_null(&input) {
            return end_of_input().map(Some);
        }
        let (from, to) = pipe_with(PipeFlags::CLOEXEC).context("making a pipe for standard input")?;
        self.input = Some(start(keep(input)?, to)?);
        Ok(Some(from))
    }

    /// Starts one for an output, if the container may not have that itself. Gives what it is to print to, then.
    ///
    /// # Errors
    /// There are too many processes or open files.
    pub fn output(&mut self, output: impl AsFd) -> Result<Option<OwnedFd>> {
        if is_for_container(&output) {
            return Ok(None);
        }
        let (from, to) = pipe_with(PipeFlags::CLOEXEC).context("making a pipe for an output")?;
        self.outputs.push(start(from, keep(output)?)?);
        Ok(Some(to))
    }
}

/// A pipe from which nothing comes.
///
/// # Errors
/// There are too many open files.
pub fn end_of_input() -> Result<OwnedFd> {
    let (from, _) = pipe_with(PipeFlags::CLOEXEC).context("making a pipe for standard input")?;
    Ok(from)
}

impl Drop for Relays {
    /// Waits for what is left of the outputs.
    fn drop(&mut self) {
        let start = Instant::now();
        let go_on = |outputs: &mut [Child]| outputs.iter_mut().any(|output| matches!(output.try_wait(), Ok(None)));
        while start.elapsed() < MOST_FOR_REST && go_on(&mut self.outputs) {
            sleep(Duration::from_millis(1));
        }
        for child in self.input.iter_mut().chain(&mut self.outputs) {
            // It may wait for a terminal that is stopped, and is nobody's then.
            let _ = child.kill();
            let _ = child.try_wait();
        }
    }
}

/// Starts a process that copies.
fn start(from: OwnedFd, to: OwnedFd) -> Result<Child> {
    let mut command = Command::new("/proc/self/exe");
    command.arg(RELAY_STREAM).arg(std::process::id().to_string()).stdin(from).stdout(to).stderr(Stdio::null());
    // What is typed at a terminal is not for it.
    command.process_group(0).spawn().context("starting a process that copies a standard stream")
}

fn keep(stream: impl AsFd) -> Result<OwnedFd> {
    stream.as_fd().try_clone_to_owned().context("keeping a standard stream open")
}

/// Whether it is what nobody can open again from elsewhere: a socket, or a pipe without a name.
fn is_for_container(stream: impl AsFd) -> bool {
    match fstat(&stream).map(|stat| FileType::from_raw_mode(stat.st_mode)) {
        Ok(FileType::Socket) => true,
        Ok(FileType::Fifo) => fstatfs(&stream).is_ok_and(|stat| stat.f_type == PIPEFS_MAGIC),
        _ => false,
    }
}

/// Whether it is `/dev/null`, wherever that is.
pub fn is_null(stream: impl AsFd) -> bool {
    let is_character = |stat: &Stat| FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice;
    fstat(&stream).is_ok_and(|stat| is_character(&stat) && stat.st_rdev == makedev(1, 3))
}

/// What the hidden verb does: copies standard input to standard output, for this process.
///
/// # Errors
/// What cannot be read.
pub fn relay_stream(parent: Option<&OsString>) -> Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL)).context("asking for the end with the parent (prctl(2))")?;
    let is_here = parent.and_then(|parent| parent.to_str()) == Some(parent_id().to_string().as_str());
    ensure!(is_here, "the process that started it is gone");
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
            Ok(count) if write_piece(&mut to, &buffer[..count]) => {}
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("reading a standard stream"),
        }
    }
}

/// Writes a piece. What does not fit on a full disk is lost, and does not end the container. False if nobody reads any more.
fn write_piece(to: &mut File, mut piece: &[u8]) -> bool {
    while !piece.is_empty() {
        match to.write(piece) {
            Ok(0) => return true,
            Ok(count) => piece = &piece[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(PAUSE),
            Err(error) => return error.kind() != ErrorKind::BrokenPipe,
        }
    }
    true
}
