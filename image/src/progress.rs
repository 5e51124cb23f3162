//! What is said while the bytes of an image are made, if that takes long.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::recipe::RecipeLayer;

/// When a terminal first shows something, and how often it changes.
const TERMINAL: Pace = Pace { first: Duration::from_secs(1), next: Duration::from_millis(100), is_cleared: true };

/// The same for a log, which keeps each line.
const LOG: Pace = Pace { first: Duration::from_secs(10), next: Duration::from_secs(10), is_cleared: false };

#[derive(Clone, Copy)]
struct Pace {
    first: Duration,
    next: Duration,
    /// Whether what is shown is gone at the end.
    is_cleared: bool,
}

/// How much there is to do, and how much of it is done.
#[derive(Debug)]
pub struct Progress {
    all_layers: usize,
    all_bytes: u64,
    layers: AtomicUsize,
    bytes: AtomicU64,
}

impl Progress {
    /// Of making these layers, each of which has so many bytes.
    pub fn new<'l>(layers: impl IntoIterator<Item = &'l RecipeLayer>, size: fn(&RecipeLayer) -> u64) -> Self {
        let sizes: Vec<_> = layers.into_iter().map(size).collect();
        let all_bytes = sizes.iter().fold(0_u64, |sum, size| sum.saturating_add(*size));
        Self { all_layers: sizes.len(), all_bytes, layers: AtomicUsize::new(0), bytes: AtomicU64::new(0) }
    }

    /// Counts a layer.
    pub fn layer(&self) {
        self.layers.fetch_add(1, Ordering::Relaxed);
    }

    /// A writer that counts the bytes which go through it.
    pub fn counted<W: Write>(&self, inner: W) -> Counted<'_, W> {
        Counted { inner, bytes: &self.bytes }
    }

    /// Does some work, while standard error shows what this counts: on a terminal in a line that is gone afterwards, elsewhere in a
    /// line every ten seconds.
    pub fn shown<T>(&self, work: impl FnOnce() -> T) -> T {
        let stderr = io::stderr();
        if !stderr.is_terminal() {
            let write = |line: &str| drop(writeln!(io::stderr(), "{line}"));
            return self.shown_by(LOG, work, write);
        }
        // Kept to one row, and written over with spaces, which every terminal can do.
        let columns = rustix::termios::tcgetwinsize(stderr.as_fd()).map_or(80, |size| usize::from(size.ws_col));
        let mut width = 0;
        let write = |line: &str| {
            let line: String = line.chars().take(columns.max(2) - 1).collect();
            let _ = write!(io::stderr(), "\r{line:width$}{}", if line.is_empty() { "\r" } else { "" });
            width = line.len();
        };
        self.shown_by(TERMINAL, work, write)
    }

    /// Gives `write` each line; a terminal is cleared with an empty one.
    fn shown_by<T>(&self, pace: Pace, work: impl FnOnce() -> T, mut write: impl FnMut(&str) + Send) -> T {
        let (done, is_done) = mpsc::channel::<()>();
        let start = Instant::now();
        thread::scope(|scope| {
            // The work does not need a thread to tell of it.
            let _ = thread::Builder::new().spawn_scoped(scope, move || {
                let (mut wait, mut has_written) = (pace.first, false);
                while is_done.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                    write(&self.line(start.elapsed()));
                    (wait, has_written) = (pace.next, true);
                }
                if has_written && pace.is_cleared {
                    write("");
                }
            });
            let result = work();
            drop(done);
            result
        })
    }

    fn line(&self, elapsed: Duration) -> String {
        let layers = self.layers.load(Ordering::Relaxed);
        // An archive has a little more than its layers.
        let bytes = self.bytes.load(Ordering::Relaxed).min(self.all_bytes);
        let (done, all) = (mebibytes(bytes), mebibytes(self.all_bytes));
        let rate = done / elapsed.as_secs_f64().max(0.001);
        format!("oci-bundle: {layers} of {} layers, {done:.1} of {all:.1} MiB, {rate:.1} MiB/s", self.all_layers)
    }
}

#[allow(clippy::cast_precision_loss, reason = "it is shown with one digit")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// A writer that counts.
#[derive(Debug)]
pub struct Counted<'p, W> {
    inner: W,
    bytes: &'p AtomicU64,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn progress() -> Progress {
        let (layers, bytes) = (AtomicUsize::new(0), AtomicU64::new(0));
        Progress { all_layers: 3, all_bytes: 5 << 20, layers, bytes }
    }

    /// What is shown while half of the work is done, which takes so many milliseconds.
    fn lines(pace: Pace, milliseconds: u64) -> Vec<String> {
        let progress = progress();
        let lines = Mutex::new(Vec::new());
        let work = || {
            progress.layer();
            progress.counted(io::sink()).write_all(&vec![0; 5 << 19]).unwrap();
            thread::sleep(Duration::from_millis(milliseconds));
        };
        progress.shown_by(pace, work, |line| lines.lock().unwrap().push(line.to_owned()));
        lines.into_inner().unwrap()
    }

    #[test]
    fn a_line_has_layers_bytes_and_the_rate() {
        let progress = progress();
        progress.layer();
        progress.counted(io::sink()).write_all(&vec![0; 1 << 20]).unwrap();
        assert_eq!(progress.line(Duration::from_secs(2)), "oci-bundle: 1 of 3 layers, 1.0 of 5.0 MiB, 0.5 MiB/s");
    }

    #[test]
    fn what_is_fast_says_nothing() {
        let none: [&str; 0] = [];
        assert_eq!(lines(TERMINAL, 10), none);
        assert_eq!(lines(LOG, 10), none);
    }

    #[test]
    fn a_terminal_is_cleared_at_the_end_and_a_log_is_not() {
        let (first, next) = (Duration::from_millis(20), Duration::from_millis(10));
        let shown = lines(Pace { first, next, is_cleared: true }, 100);
        assert!((3..12).contains(&shown.len()), "{shown:?}");
        assert!(shown[0].starts_with("oci-bundle: 1 of 3 layers, 2.5 of 5.0 MiB, "), "{shown:?}");
        assert_eq!(shown.last().unwrap(), "");
        let logged = lines(Pace { first, next: first, is_cleared: false }, 100);
        assert!((2..6).contains(&logged.len()) && logged.iter().all(|line| !line.is_empty()), "{logged:?}");
    }
}
