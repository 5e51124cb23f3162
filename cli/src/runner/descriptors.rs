//! The open files that a container inherits: those of socket activation (`sd_listen_fds(3)`), and no others.

use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};

/// The first descriptor of socket activation (`SD_LISTEN_FDS_START`).
const FIRST: RawFd = 3;

/// How many sockets this process was given: what `LISTEN_FDS` says, if `LISTEN_PID` says that it is for this process, and
/// all of them are open and no directories, which would be a way out of the container. `None` means that the variables are somebody else's.
pub fn handed_over(listen_fds: Option<&str>, listen_pid: Option<&str>, pid: u32) -> Option<RawFd> {
    handed_over_if(listen_fds, listen_pid, pid, |number| is_open(number) && !is_directory(number))
}

fn handed_over_if(
    listen_fds: Option<&str>,
    listen_pid: Option<&str>,
    pid: u32,
    may_pass: impl Fn(RawFd) -> bool,
) -> Option<RawFd> {
    let count: RawFd = listen_fds?.parse().ok().filter(|count| *count > 0)?;
    let is_ours = listen_pid?.parse() == Ok(pid);
    let are_open = || (0..count).all(|number| number < RawFd::MAX - FIRST && may_pass(FIRST + number));
    (is_ours && are_open()).then_some(count)
}

fn is_open(number: RawFd) -> bool {
    // Of what a descriptor leads to, which may be no path.
    Path::new("/proc/self/fd").join(number.to_string()).symlink_metadata().is_ok()
}

fn is_directory(number: RawFd) -> bool {
    Path::new("/proc/self/fd").join(number.to_string()).is_dir()
}

/// Checks that none of the standard streams is a directory of the host, which would be a way out of the container.
///
/// # Errors
/// One is.
pub fn ensure_no_directory() -> Result<()> {
    for (number, name) in ["input", "output", "error"].into_iter().enumerate() {
        if is_directory(RawFd::try_from(number)?) {
            bail!("standard {name} is a directory, through which a container could leave its root file system");
        }
    }
    Ok(())
}

/// Keeps all other descriptors from the runtime, and so from the container: one of a directory of the host would be a way
/// out of it.
pub fn close_others(handed_over: Option<RawFd>) {
    close_fds::set_fds_cloexec_threadsafe(FIRST + handed_over.unwrap_or(0), &[]);
}

/// Takes out of a command's environment what is said of sockets that are not for it: crun takes it for its own.
pub fn forget(command: &mut Command) {
    for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] {
        command.env_remove(name);
    }
}

/// A descriptor that the runtime holds until it ends, and its container does not get: runtimes hand on those of
/// `LISTEN_FDS` and close what has a higher number.
///
/// # Errors
/// There are too many open files.
pub fn for_runtime(file: OwnedFd, handed_over: Option<RawFd>) -> Result<OwnedFd> {
    let lowest = FIRST.saturating_add(handed_over.unwrap_or(0));
    let moved = fcntl_dupfd_cloexec(file, lowest).context("keeping a file open for the runtime")?;
    fcntl_setfd(moved.as_fd(), FdFlags::empty()).context("keeping a file open for the runtime")?;
    Ok(moved)
}

#[cfg(test)]
mod tests;
