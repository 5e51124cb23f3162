//! Another process in a container that runs.
//!
//! The runtime starts it, so that it gets the container's capabilities, seccomp filter, limits and namespaces, as the first process
//! did. The runtime's state is in the mount namespace of the run, and of the user who is root there: so this process joins both.

use std::convert::Infallible;
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::process::CommandExt;

use anyhow::{Context, Result, bail};
use camino::Utf8PathBuf;
use rustix::fs::{CWD, MemfdFlags, memfd_create};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};
use serde_json::{Value, json};

use super::cgroup::CgroupMode;
use super::files::{RootDir, SearchPath, open_directory};
use super::overrides::{Overrides, apply_overrides};
use super::runtime::Runtime;
use crate::runner::runtime_config::RuntimeConfig;

/// A container that runs.
#[derive(Clone, Debug)]
pub struct Running {
    /// The process that runs it.
    pub runner: Pid,
    /// The runtime that this has become.
    pub runtime: Utf8PathBuf,
    /// What the runtime calls the container.
    pub id: String,
    /// The bundle of the run.
    pub bundle: Utf8PathBuf,
}

impl Running {
    /// Becomes the runtime's `exec`, so this returns only if that fails. The process is the container's own with other words, as
    /// the overrides say, and in another working directory if one is given. This process has one thread.
    ///
    /// # Errors
    /// A run that has ended, what the container does not have, or what the kernel does not allow.
    pub fn exec(&self, overrides: &Overrides, cwd: Option<&str>) -> Result<Infallible> {
        let runtime = Runtime::find(Some(&self.runtime), &SearchPath::new("".into()))?;
        self.join()?;
        let process = self.process(overrides, cwd)?;
        // The runtime reads it, and closes it with all that is not for the container.
        let file = memfd_create("process", MemfdFlags::empty()).context("making a file in memory")?;
        let mut file = File::from(file);
        file.write_all(process.to_string().as_bytes()).context("writing a file in memory")?;
        let has_cgroups = CgroupMode::detect() != CgroupMode::Missing;
        let mut command = runtime.command_for(&self.bundle, has_cgroups);
        command.args(["exec", "--process", &format!("/proc/self/fd/{}", file.as_raw_fd())]);
        if overrides.terminal.is_some() {
            command.arg("--tty");
        }
        let error = command.arg(&self.id).env_clear().current_dir(&self.bundle).exec();
        bail!("starting the runtime '{}': {error}", runtime.program())
    }

    /// The process, as the runtime specification has it (config.md, "Process").
    fn process(&self, overrides: &Overrides, cwd: Option<&str>) -> Result<Value> {
        let file = self.bundle.join("config.json");
        let text = fs::read_to_string(&file).with_context(|| format!("reading '{file}'"))?;
        let config: Value = serde_json::from_str(&text).with_context(|| format!("reading '{file}'"))?;
        let root = self.bundle.join("rootfs");
        let root = open_directory(CWD, root.as_std_path()).with_context(|| format!("opening '{root}'"))?;
        let config = apply_overrides(RuntimeConfig::from(config), overrides, &RootDir::new(root))?;
        let mut process = config["process"].clone();
        if let Some(cwd) = cwd {
            process["cwd"] = json!(cwd);
        }
        Ok(process)
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
