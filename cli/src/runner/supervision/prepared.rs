//! A run that is set up.

use std::convert::Infallible;
use std::io::stdin;
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Result, bail};
use camino::Utf8PathBuf;

use super::helper::Helper;
use super::relay::{end_of_input, is_null};
use crate::runner::descriptors;
use crate::runner::files::MountPoints;

/// A run that is set up: this process is in its namespaces, and the runtime has not been started.
#[derive(Debug)]
pub struct Prepared {
    /// What starts the runtime.
    pub command: Command,
    /// The runtime.
    pub runtime: Utf8PathBuf,
    /// Whether the runtime gets a pid namespace, so that all of the container ends with it. A container that has other processes
    /// than its own needs these where they are.
    pub owns_processes: bool,
    /// Whether it hands on sockets.
    pub has_sockets: bool,
    /// What is locked for as long as the container runs.
    pub locks: Vec<OwnedFd>,
    /// What runs beside the container.
    pub helpers: Vec<Helper>,
    /// Where a hook will mount store paths.
    pub mount_points: Option<MountPoints>,
}

impl Prepared {
    /// Becomes the runtime, so this returns only if that fails.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn become_runtime(mut self, sockets: Option<RawFd>) -> Result<Infallible> {
        let locks = self.locks.into_iter();
        let _locks = locks.map(|lock| descriptors::for_runtime(lock, sockets)).collect::<Result<Vec<_>>>()?;
        if is_null(stdin()) {
            self.command.stdin(end_of_input()?);
        }
        let error = self.command.exec();
        bail!("starting the runtime '{}': {error}", self.runtime)
    }
}
