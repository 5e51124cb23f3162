//! Another process in a container that runs.
//!
//! The runtime starts it, so that it gets the container's user, capabilities, seccomp filter and namespaces, as a first process does.
//! The runtime's state is in the mount namespace of the run, and of the user who is root there: so this process joins both.

use std::convert::Infallible;
use std::fs;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;

use anyhow::{Context, Result, bail};
use camino::Utf8PathBuf;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};

use super::cgroup::CgroupMode;
use super::files::SearchPath;
use super::runtime::Runtime;

/// What is started, and where.
#[derive(Clone, Debug)]
pub struct Exec {
    /// The process that runs the container.
    pub runner: Pid,
    /// The runtime that it has become.
    pub runtime: Utf8PathBuf,
    /// What the runtime calls the container.
    pub id: String,
    /// The bundle of the run.
    pub bundle: Utf8PathBuf,
    /// Options of the runtime's `exec`.
    pub options: Vec<String>,
    /// The program and its arguments.
    pub command: Vec<String>,
}

impl Exec {
    /// Becomes the runtime's `exec`, so this returns only if that fails. This process has one thread.
    ///
    /// # Errors
    /// A run that has ended, or what the kernel does not allow.
    pub fn start(&self) -> Result<Infallible> {
        let runtime = Runtime::find(Some(&self.runtime), &SearchPath::new("".into()))?;
        self.join()?;
        let has_cgroups = CgroupMode::detect() != CgroupMode::Missing;
        let mut command = runtime.command_for(&self.bundle, has_cgroups);
        command.arg("exec").args(&self.options).arg(&self.id).args(&self.command);
        command.env_clear().current_dir(&self.bundle);
        let error = command.exec();
        bail!("starting the runtime '{}': {error}", runtime.program())
    }

    /// Joins the namespaces in which the run was set up.
    fn join(&self) -> Result<()> {
        let runner = pidfd_open(self.runner, PidfdFlags::empty()).context("opening the process of the run")?;
        let mut kinds = ThreadNameSpaceType::MOUNT;
        // The kernel refuses to join the one that this process is in.
        if !self.shares("user")? {
            kinds |= ThreadNameSpaceType::USER;
        }
        move_into_thread_name_spaces(runner.as_fd(), kinds).context("joining the namespaces of the run (setns(2))")
    }

    fn shares(&self, kind: &str) -> Result<bool> {
        let link = |pid: &str| {
            let link = format!("/proc/{pid}/ns/{kind}");
            fs::read_link(&link).with_context(|| format!("looking at '{link}'"))
        };
        Ok(link("self")? == link(&self.runner.as_raw_nonzero().to_string())?)
    }
}
