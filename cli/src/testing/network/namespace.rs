//! The network namespace of a container.

use std::fs::{self, File};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::thread;

use anyhow::{Context, Result, anyhow};
use rustix::process::Pid;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::netlink::Netlink;

/// A network namespace, which is there for as long as this is.
#[derive(Debug)]
pub struct Namespace(OwnedFd);

impl Namespace {
    /// That of a process.
    ///
    /// # Errors
    /// It has ended.
    pub fn new(pid: Pid) -> Result<Self> {
        let file = format!("/proc/{}/ns/net", pid.as_raw_nonzero());
        Ok(Self(File::open(&file).with_context(|| format!("opening '{file}'"))?.into()))
    }

    /// Whether it is the one of this process.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn is_own(&self) -> Result<bool> {
        let own = fs::metadata("/proc/self/ns/net").context("looking at '/proc/self/ns/net'")?;
        let this = rustix::fs::fstat(&self.0).context("looking at a network namespace")?;
        Ok((own.dev(), own.ino()) == (this.st_dev, this.st_ino))
    }

    /// Its descriptor, for the kernel.
    pub fn descriptor(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// Does something in it. That is a thread of its own: a network namespace is a thread's (setns(2)).
    ///
    /// # Errors
    /// What could not be done.
    pub fn enter(&self, act: impl FnOnce(&mut Netlink) -> Result<()> + Send) -> Result<()> {
        let act = || {
            move_into_link_name_space(self.0.as_fd(), Some(LinkNameSpaceType::Network))
                .context("entering a network namespace (setns(2))")?;
            act(&mut Netlink::open()?)
        };
        thread::scope(|scope| scope.spawn(act).join().unwrap_or_else(|_| Err(anyhow!("a thread has ended early"))))
    }
}
