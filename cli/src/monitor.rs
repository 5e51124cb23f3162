//! The process that stays with a container: it notes it in the user's registry, keeps its log, and cleans up.

use std::env;
use std::fs::File;
use std::io::Write;
use std::os::fd::BorrowedFd;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use oci_bundle::containers::{
    self, LogReader, LogWriter, Name, Output, Record, Registry, Starting, State, Stream, Taken,
};
use oci_bundle::runner::{self, Attendant, Bundle, Host, Planned, Run, Signals, Streams};
use oci_bundle_builder::plan::definition::port::Port;
use oci_bundle_builder::plan::diagnostics::text;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::say;

/// How long the outputs of a container may stay open when it has ended.
const MOST_FOR_OUTPUT: Duration = Duration::from_secs(1);

/// How a container is attended.
pub struct Attendance {
    /// What it is called.
    pub name: Option<Name>,
    /// Whether nobody waits for it.
    pub is_detached: bool,
}

/// A container to run.
pub struct Monitor {
    /// How.
    pub run: Run,
    /// The bundle.
    pub bundle: Bundle,
    /// What it gets.
    pub planned: Planned,
    /// Where.
    pub host: Host,
}

/// The registry of this user.
pub fn registry() -> Result<Registry> {
    let runtime_dir = env::var("XDG_RUNTIME_DIR").ok().filter(|directory| !directory.is_empty()).map(Utf8PathBuf::from);
    Registry::open(&containers::place(runtime_dir.as_deref()))
}

impl Monitor {
    /// Runs it to its end. Gives its exit code.
    pub fn attend(&self, attendance: Attendance) -> Result<u8> {
        let Attendance { name, is_detached } = attendance;
        if is_detached {
            rustix::process::setsid().context("leaving the terminal (setsid(2))")?;
        }
        let taken = self.take(name, is_detached)?;
        let mut prepared = self.run.prepare(&self.bundle, &self.planned, &self.host)?;
        let record = self.record(is_detached, &prepared.runtime);
        let mut noted = Noted { record, taken, starting: None, log: None };
        let signals = Signals::take()?;
        let streams =
            if is_detached { noted.keep_log()? } else { Streams::inherited(rustix::termios::isatty(std::io::stdin())) };
        let mut helpers = std::mem::take(&mut prepared.helpers);
        let mut runtime = prepared.spawn(streams)?;
        let process = runtime.child.id();
        noted.record.process = Some(process);
        noted.write()?;
        noted.starting = Some(Starting::new(process, self.bundle.path.join("pid"), self.host.id.clone()));
        let ended = runner::attend(&signals, &mut runtime, &mut helpers, &mut noted);
        let code = ended.map(runner::exit_code);
        noted.end(code.as_ref().copied().unwrap_or(1))?;
        code
    }

    /// Takes the name. A container that nobody has named and somebody waits for runs without a record if it has to.
    fn take(&self, name: Option<Name>, is_detached: bool) -> Result<Option<Taken>> {
        let needs_one = name.is_some() || is_detached;
        let bundle = self.bundle.path.file_name().unwrap_or_default();
        let name = name.unwrap_or_else(|| Name::made_of(bundle, std::process::id()));
        match registry().and_then(|registry| registry.take(&name)) {
            Ok(taken) => Ok(Some(taken)),
            Err(error) if needs_one => Err(error).context("--name"),
            Err(error) => {
                say(&text::escaped(&format!(
                    "oci-bundle: warning: 'oci-bundle ps' does not show this container: {error:#}"
                )));
                Ok(None)
            }
        }
    }

    fn record(&self, is_detached: bool, runtime: &camino::Utf8Path) -> Record {
        let config = &self.planned.plan.config;
        let words = config["process"]["args"].as_array().into_iter().flatten();
        Record {
            id: self.host.id.clone(),
            bundle: self.bundle.path.clone(),
            runtime: runtime.to_owned(),
            command: words.filter_map(|word| word.as_str().map(str::to_owned)).collect(),
            monitor: std::process::id(),
            pid_namespace: containers::pid_namespace(),
            process: None,
            started: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
            is_detached,
            stop_signal: None,
            ports: self.planned.plan.network.iter().flat_map(|network| &network.ports).map(Port::to_string).collect(),
            state: State::Starting,
            cgroups: Vec::new(),
            health: None,
        }
    }
}

/// A container with its record, if it has one.
struct Noted {
    record: Record,
    taken: Option<Taken>,
    /// What is looked at until its program runs.
    starting: Option<Starting>,
    log: Option<Log>,
}

/// A log with what goes to it.
struct Log {
    writer: LogWriter,
    outputs: [Output; 2],
}

impl Noted {
    fn write(&self) -> Result<()> {
        self.taken.as_ref().map_or(Ok(()), |taken| taken.write(&self.record))
    }

    /// Starts a log. Gives the streams that a container prints to.
    fn keep_log(&mut self) -> Result<Streams> {
        let taken = self.taken.as_ref().context("a detached container has a record")?;
        let directory = taken.directory.try_clone().context("opening the directory of the log")?;
        let pipe = || pipe_with(PipeFlags::CLOEXEC).context("making a pipe for the log");
        let ((out, stdout), (err, stderr)) = (pipe()?, pipe()?);
        let outputs = [Output::new(Stream::Stdout, out)?, Output::new(Stream::Stderr, err)?];
        self.log = Some(Log { writer: LogWriter::new(directory)?, outputs });
        Ok(Streams { stdin: Stdio::null(), stdout: stdout.into(), stderr: stderr.into(), has_terminal: false })
    }

    /// Notes that the program runs, and tells whoever has started a detached container.
    fn has_started(&mut self, cgroups: Vec<String>) -> Result<()> {
        self.record.state = State::Running;
        self.record.cgroups = cgroups;
        self.write()?;
        if let Some(taken) = self.taken.as_ref().filter(|_| self.record.is_detached) {
            let mut stdout = std::io::stdout();
            // Whoever has started it may be gone.
            let _ = writeln!(stdout, "{}", taken.name).and_then(|()| stdout.flush());
            let nothing = File::options().read(true).write(true).open("/dev/null").context("opening '/dev/null'")?;
            rustix::stdio::dup2_stdout(&nothing).context("leaving standard output")?;
            rustix::stdio::dup2_stderr(&nothing).context("leaving standard error")?;
        }
        Ok(())
    }

    /// What is left when it has ended with this code: nothing, but of a detached container that has failed, with nobody to be told.
    fn end(mut self, code: u8) -> Result<()> {
        if let Some(log) = &mut self.log {
            log.finish()?;
        }
        // The runtime may have been killed.
        containers::cgroups::remove(&self.record);
        let Some(taken) = self.taken else { return Ok(()) };
        let has_started = self.record.state == State::Running;
        if self.record.is_detached && !has_started {
            tell(&taken)?;
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

    fn look(&mut self) -> Result<Option<Duration>> {
        let Some(starting) = &mut self.starting else { return Ok(None) };
        let Some(cgroups) = starting.look() else { return Ok(Some(containers::PAUSE)) };
        self.starting = None;
        self.has_started(cgroups)?;
        Ok(None)
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
            poll(&mut fds, Some(&time)).context("waiting for the end of the log")?;
            self.outputs.iter_mut().for_each(|output| output.copy_to(&mut self.writer));
        }
        Ok(())
    }
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
