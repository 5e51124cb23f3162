//! The check of a container, made again and again by processes of their own. Whoever waits for the service is told (`sd_notify(3)`).

use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use oci_bundle::runner::{Check, InRuntime, kill_checked, open_null, words_of_check};
use oci_bundle_builder::plan::definition::health::Health;
use sd_notify::NotifyState;

/// How long a check may take to end when it was told to.
const MOST_FOR_END: Duration = Duration::from_secs(1);

/// The time from the end of one check to the next before one has succeeded: a service is ready no later than that.
const PAUSE_BEFORE_READY: Duration = Duration::from_secs(1);

/// What is checked.
pub struct Checked {
    /// The container.
    pub container: InRuntime,
    /// The process of its runtime (`pidfd_open(2)`).
    pub runtime: OwnedFd,
    /// Whether its runtime is the first process of a pid namespace, in which the processes of this one are as well then.
    pub owns_processes: bool,
}

/// What the last checks say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// None has succeeded yet.
    Starting,
    /// All is well.
    Healthy,
    /// It is not: too many in a row have failed.
    Unhealthy,
}

impl Status {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// The checks.
pub struct HealthWatch {
    health: Health,
    checked: Checked,
    /// Since when the program runs.
    start: Option<Instant>,
    /// The check that is being made, and until when.
    running: Option<(Child, Instant)>,
    next: Instant,
    failures: u32,
    /// From when on a failure counts. Before one has succeeded, checks come faster than an interval.
    counts_from: Instant,
    /// Whether one has succeeded.
    has_been_ready: bool,
    status: Status,
}

impl HealthWatch {
    /// Of a container that is being started.
    pub fn new(health: Health, checked: Checked) -> Self {
        let now = Instant::now();
        Self {
            health,
            checked,
            start: None,
            running: None,
            next: now,
            failures: 0,
            counts_from: now,
            has_been_ready: false,
            status: Status::Starting,
        }
    }

    /// What the last checks say.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Looks whether a check has ended, and makes the next one. Gives the time after which to look again.
    pub fn poll(&mut self) -> Result<Duration> {
        let now = Instant::now();
        self.start.get_or_insert(now);
        let interval = self.interval();
        if let Some((check, deadline)) = &mut self.running {
            match check.try_wait().context("waiting for a check")? {
                Some(status) => {
                    self.running = None;
                    self.note(status.success());
                }
                None if now >= *deadline + MOST_FOR_END => {
                    // It is in the container, and its runtime may leave it there.
                    kill_checked(check.id());
                    let _ = check.kill();
                    let _ = check.wait();
                    self.running = None;
                    self.note(false);
                }
                None if now >= *deadline => {
                    if let Some(pid) = i32::try_from(check.id()).ok().and_then(rustix::process::Pid::from_raw) {
                        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
                    }
                    return Ok((*deadline + MOST_FOR_END).saturating_duration_since(now).max(Duration::from_millis(1)));
                }
                None => return Ok(deadline.saturating_duration_since(now)),
            }
        }
        if now < self.next {
            return Ok(self.next.saturating_duration_since(now));
        }
        self.next = now + interval;
        // Without a process more, it is as if the check had failed.
        match self.command().and_then(|mut command| Ok(command.spawn()?)) {
            Ok(check) => self.running = Some((check, now + interval)),
            Err(_) => self.note(false),
        }
        Ok(self.next.saturating_duration_since(now))
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(self.health.interval.into())
    }

    fn note(&mut self, is_well: bool) {
        if is_well {
            self.failures = 0;
            self.has_been_ready = true;
            if self.status != Status::Healthy {
                tell(&[NotifyState::Ready, NotifyState::Status("healthy")]);
            }
            self.status = Status::Healthy;
            return tell(&[NotifyState::Watchdog]);
        }
        let now = Instant::now();
        if !self.has_been_ready {
            self.next = self.next.min(now + PAUSE_BEFORE_READY);
            if now < self.counts_from {
                return;
            }
            self.counts_from = now + self.interval();
        }
        let start = Duration::from_secs(self.health.start.into());
        if self.status == Status::Starting && self.start.is_some_and(|begin| begin.elapsed() < start) {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.health.retries && self.status != Status::Unhealthy {
            self.status = Status::Unhealthy;
            tell(&[NotifyState::Status("unhealthy")]);
        }
    }

    fn command(&self) -> Result<Command> {
        let Checked { container, runtime, owns_processes } = &self.checked;
        let check = Check { owns_processes: *owns_processes, command: &self.health.command };
        let mut command = Command::new("/proc/self/exe");
        command.args(words_of_check(container, &check));
        let null = || open_null(&container.bundle);
        command.stdin(runtime.try_clone()?).stdout(null()?).stderr(null()?);
        Ok(command)
    }
}

impl Drop for HealthWatch {
    /// A check ends with its container.
    fn drop(&mut self) {
        if let Some((check, _)) = &mut self.running {
            kill_checked(check.id());
            let _ = check.kill();
            let _ = check.try_wait();
        }
    }
}

/// Tells the service manager, if there is one.
fn tell(states: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(states);
}
