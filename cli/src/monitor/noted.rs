//! A container that is attended: its record, its log, its check.

use std::fs::File;
use std::io::Write;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use oci_bundle::containers::{self, LogReader, LogWriter, Output, Record, Starting, State, Stream, Taken};
use oci_bundle::runner::{self, Attendant, GracePeriod, MountPoints, Relays, Streams};
use oci_bundle_builder::plan::diagnostics::text;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};

use super::health_watch::HealthWatch;

/// The exit code of what was killed (SIGKILL).
const KILLED: u8 = 128 + 9;

/// How long the outputs of a container may stay open when it has ended.
const MOST_FOR_OUTPUT: Duration = Duration::from_secs(1);

/// A container with its record, if it has one.
pub struct Noted {
    /// What is known of it.
    pub record: Record,
    /// Its name, and its place in the registry.
    pub taken: Option<Taken>,
    /// What is looked at until its program runs.
    pub starting: Option<Starting>,
    /// Its log, if nobody waits for it.
    pub log: Option<Log>,
    /// Its check, if it has one.
    pub health: Option<HealthWatch>,
    /// The wait of the kernel's for its cgroups, until it is over.
    pub grace_period: Option<GracePeriod>,
    /// What is looked up while its runtime makes namespaces: this process has nothing else to do then.
    pub mount_points: Option<MountPoints>,
}

/// A log with what goes to it.
pub struct Log {
    writer: LogWriter,
    outputs: [Output; 2],
}

impl Noted {
    /// Writes the record.
    pub fn write(&self) -> Result<()> {
        self.taken.as_ref().map_or(Ok(()), |taken| taken.write(&self.record))
    }

    /// Starts a log. Gives the streams that a container prints to.
    pub fn keep_log(&mut self) -> Result<Streams> {
        let taken = self.taken.as_ref().context("a detached container has a record")?;
        let directory = taken.directory.try_clone().context("opening the directory of the log")?;
        let pipe = || pipe_with(PipeFlags::CLOEXEC).context("making a pipe for the log");
        let ((out, stdout), (err, stderr)) = (pipe()?, pipe()?);
        let outputs = [Output::new(Stream::Stdout, out)?, Output::new(Stream::Stderr, err)?];
        self.log = Some(Log { writer: LogWriter::new(directory)?, outputs });
        Ok(Streams {
            stdin: runner::end_of_input()?.into(),
            stdout: stdout.into(),
            stderr: stderr.into(),
            has_terminal: false,
            relays: Relays::default(),
        })
    }

    /// Notes that the program runs, and tells whoever has started a detached container.
    fn has_started(&mut self, cgroups: Vec<String>) -> Result<()> {
        self.record.state = State::Running;
        self.record.cgroups = cgroups;
        // A full disk is no reason to end the container.
        let _ = self.write();
        if let Some(taken) = self.taken.as_ref().filter(|_| self.record.is_detached) {
            tell_name(taken);
            let nothing = File::options().read(true).write(true).open("/dev/null").context("opening '/dev/null'")?;
            rustix::stdio::dup2_stdout(&nothing).context("leaving standard output")?;
            rustix::stdio::dup2_stderr(&nothing).context("leaving standard error")?;
        }
        Ok(())
    }

    /// What is left when it has ended like this: nothing, but of a detached container that has failed, with nobody to be told.
    pub fn end(mut self, ended: &Result<u8>) -> Result<()> {
        let code = ended.as_ref().copied().unwrap_or(1);
        let has_started = self.record.state == State::Running;
        if let Some(log) = &mut self.log {
            log.finish()?;
            if let Err(error) = ended
                && has_started
            {
                let line = text::one_line("oci-bundle", error) + "\n";
                log.writer.append(Stream::Stderr, line.as_bytes());
            }
        }
        // A runtime that was killed has removed none.
        if code == KILLED {
            containers::cgroups::remove_of_killed(&self.record);
        } else {
            containers::cgroups::remove(&self.record);
        }
        let Some(taken) = self.taken else { return Ok(()) };
        if self.record.is_detached && !has_started {
            // One that has done what it was to do before anybody looked, has started.
            if code == 0 { tell_name(&taken) } else { tell(&taken)? }
        }
        if self.record.is_detached && has_started && code != 0 {
            self.record.state = State::Exited(code);
            if taken.write(&self.record).is_ok() {
                return Ok(());
            }
        }
        taken.remove()
    }
}

impl Attendant for Noted {
    fn outputs(&self) -> Vec<BorrowedFd<'_>> {
        self.log.iter().flat_map(|log| &log.outputs).filter_map(Output::pipe).collect()
    }

    fn read(&mut self, output: usize) {
        let Some(Log { writer, outputs }) = &mut self.log else { return };
        let mut open = outputs.iter_mut().filter(|output| output.pipe().is_some());
        if let Some(output) = open.nth(output) {
            output.copy_to(writer);
        }
    }

    fn poll(&mut self) -> Result<Option<Duration>> {
        self.grace_period.take_if(|grace_period| grace_period.is_over());
        if let Some(mount_points) = &mut self.mount_points {
            if mount_points.look_up_some() {
                return Ok(Some(Duration::ZERO));
            }
            self.mount_points = None;
        }
        if let Some(starting) = &mut self.starting {
            let Some(cgroups) = starting.poll() else { return Ok(Some(containers::PAUSE)) };
            self.starting = None;
            self.has_started(cgroups)?;
        }
        let Some(health) = &mut self.health else { return Ok(None) };
        let time = health.poll()?;
        let status = health.status().name();
        if self.record.health.as_deref() != Some(status) {
            self.record.health = Some(status.to_owned());
            // A full disk is no reason to end the container. The record has the status before then.
            let _ = self.write();
        }
        Ok(Some(time))
    }
}

impl Log {
    /// Adds what is left of the outputs. What a container has left behind may hold one open.
    fn finish(&mut self) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < MOST_FOR_OUTPUT {
            let mut fds: Vec<_> = self
                .outputs
                .iter()
                .filter_map(Output::pipe)
                .map(|pipe| PollFd::from_borrowed_fd(pipe, PollFlags::IN))
                .collect();
            if fds.is_empty() {
                break;
            }
            let time = Timespec::try_from(MOST_FOR_OUTPUT).context("waiting for the end of the log")?;
            match poll(&mut fds, Some(&time)) {
                Err(Errno::INTR) => continue,
                polled => polled.context("waiting for the end of the log")?,
            };
            self.outputs.iter_mut().for_each(|output| output.copy_to(&mut self.writer));
        }
        Ok(())
    }
}

/// Tells whoever has started a container, and may be gone, what it is called.
fn tell_name(taken: &Taken) {
    let mut stdout = std::io::stdout();
    let _ = writeln!(stdout, "{}", taken.name).and_then(|()| stdout.flush());
}

/// Says what a container has printed that has not started.
fn tell(taken: &Taken) -> Result<()> {
    let directory = taken.directory.try_clone().context("opening the directory of the log")?;
    let mut log = LogReader::new(directory);
    let mut stderr = std::io::stderr();
    while let Some(entry) = log.next_entry()? {
        let _ = stderr.write_all(&entry.text);
    }
    Ok(())
}
