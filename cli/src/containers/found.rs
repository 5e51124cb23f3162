//! A container that was found in the registry.

use std::fs;
use std::os::fd::OwnedFd;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, pidfd_send_signal};

use super::name::Name;
use super::record::Record;
use crate::runner::{Runner, Running, parent_in};

/// A container.
#[derive(Debug)]
pub struct Found {
    /// What it is called.
    pub name: Name,
    /// Its directory.
    pub directory: OwnedFd,
    /// Its record.
    pub record: Record,
    /// Its monitor; none if it has ended, or is of another pid namespace.
    pub monitor: Option<OwnedFd>,
}

impl Found {
    /// Whether it runs.
    pub fn is_alive(&self) -> bool {
        self.monitor.is_some() && !self.wait(Duration::ZERO).unwrap_or(true)
    }

    /// Waits until it has ended. Gives whether it has by then.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn wait(&self, time: Duration) -> Result<bool> {
        let monitor = self.monitor()?;
        let time = Timespec::try_from(time).context("waiting for a container")?;
        let mut fds = [PollFd::new(monitor, PollFlags::IN)];
        loop {
            match poll(&mut fds, Some(&time)) {
                Ok(count) => return Ok(count > 0),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error).context("waiting for a container (poll(2))"),
            }
        }
    }

    /// Whether its processes are in a pid namespace that ends with its monitor.
    pub fn owns_processes(&self) -> bool {
        let namespace = self.record.process.and_then(|process| fs::read_link(format!("/proc/{process}/ns/pid")).ok());
        namespace.is_none_or(|namespace| namespace.as_os_str() != self.record.pid_namespace.as_str())
    }

    /// Kills its monitor, and so all of it.
    ///
    /// # Errors
    /// It is of another pid namespace.
    pub fn kill(&self) -> Result<()> {
        match pidfd_send_signal(self.monitor()?, Signal::KILL) {
            Ok(()) | Err(Errno::SRCH) => {}
            Err(error) => return Err(error).context("sending SIGKILL"),
        }
        // One that reads from a file system that hangs ends with what it waits for.
        if let Ok(running) = self.running() {
            let _ = running.runner.kill();
        }
        Ok(())
    }

    /// As a run of which processes can be started.
    ///
    /// # Errors
    /// It has ended.
    pub fn running(&self) -> Result<Running> {
        let name = &self.name;
        let ended = || format!("'{name}' has ended");
        let process = self.record.process.and_then(|process| i32::try_from(process).ok()).and_then(Pid::from_raw);
        let process = process.with_context(|| format!("'{name}' has not started yet"))?;
        // Opened first: if it has ended, who gets its number meanwhile is no child of the monitor, which is looked at afterwards.
        let runner = Runner::open(process).with_context(ended)?;
        let stat = fs::read(format!("/proc/{}/stat", process.as_raw_nonzero())).with_context(ended)?;
        ensure!(parent_in(&stat) == Some(self.record.monitor) && self.is_alive(), "'{name}' has ended");
        Ok(Running { runner, container: self.record.in_runtime() })
    }

    fn monitor(&self) -> Result<&OwnedFd> {
        let missing = || format!("'{}' has ended, or was started in another pid namespace", self.name);
        self.monitor.as_ref().with_context(missing)
    }
}
