//! The signals of this process, read one after the other (`signalfd(2)`).

use std::os::fd::{AsFd, BorrowedFd};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// Those that keep what they do: the kernel's for a program that is wrong, and job control of the shell.
const KEPT: [Signal; 10] = [
    Signal::SIGABRT,
    Signal::SIGBUS,
    Signal::SIGFPE,
    Signal::SIGILL,
    Signal::SIGSEGV,
    Signal::SIGSYS,
    Signal::SIGTRAP,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
];

/// All other signals, which wait until they are read. A program that this process starts from then on inherits that, and has to
/// [`release`] them.
#[derive(Debug)]
pub struct Signals(SignalFd);

/// A signal that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its number.
    pub number: i32,
    /// Whether a process has sent it, and not the kernel.
    pub is_sent: bool,
}

impl Signals {
    /// Has them wait from now on.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn take() -> Result<Self> {
        let mut set = SigSet::all();
        for signal in KEPT {
            set.remove(signal);
        }
        set.thread_block().context("blocking signals")?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        SignalFd::with_flags(&set, flags).map(Self).context("opening the queue of signals (signalfd(2))")
    }

    /// The next one, if there is one.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn receive(&self) -> Result<Option<Received>> {
        match self.0.read_signal() {
            Ok(info) => Ok(info.map(|info| Received {
                number: i32::try_from(info.ssi_signo).unwrap_or_default(),
                // Codes of the kernel are above 0 (sigaction(2)).
                is_sent: info.ssi_code <= 0,
            })),
            Err(Errno::EINTR) => Ok(None),
            Err(error) => Err(error).context("reading a signal"),
        }
    }
}

/// Has all signals come as usual.
///
/// # Errors
/// What the kernel does not allow.
pub fn release() -> Result<()> {
    SigSet::all().thread_unblock().context("unblocking signals")
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
