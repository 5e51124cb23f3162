//! What Nix shows while a bundle is built, and the line that its log ends with.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::plan::definition::Store;
use crate::plan::derivation::closure::Closure;

/// How long nothing is said, and then how often something is.
const INTERVAL: Duration = Duration::from_millis(300);

/// What was copied so far.
#[derive(Debug, Default)]
pub struct Progress {
    files: AtomicU64,
    bytes: AtomicU64,
}

impl Progress {
    /// Counts a file.
    pub fn file(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts bytes of files.
    pub fn bytes(&self, count: u64) {
        self.bytes.fetch_add(count, Ordering::Relaxed);
    }

    /// Does some work, while Nix's progress bar shows what this counts. `say` gets the lines.
    pub fn shown<T>(&self, closure: &Closure, say: impl Fn(&str) + Send, work: impl FnOnce() -> T) -> T {
        let total = closure.sizes().iter().fold(0_u64, |sum, size| sum.saturating_add(*size));
        let (done, is_done) = mpsc::channel::<()>();
        thread::scope(|scope| {
            // The work does not need a thread to tell of it.
            let _ = thread::Builder::new().spawn_scoped(scope, move || {
                while is_done.recv_timeout(INTERVAL) == Err(mpsc::RecvTimeoutError::Timeout) {
                    say(&phase(self.files.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed), total));
                }
            });
            let result = work();
            drop(done);
            result
        })
    }

    /// What was copied, in a line.
    pub fn summary(&self, closure: &Closure, store: Store, since: Instant) -> String {
        let (files, bytes) = (self.files.load(Ordering::Relaxed), size(self.bytes.load(Ordering::Relaxed)));
        let what = match store {
            Store::Copy => format!("store paths copied, {files} files, {bytes}"),
            Store::Mount => "store paths to mount".to_owned(),
        };
        let seconds = since.elapsed().as_secs_f64();
        let mut line = format!("oci-bundle: {} {what}, in {seconds:.2} s", closure.paths().len());
        let mut largest: Vec<_> = closure.paths().iter().zip(closure.sizes()).collect();
        largest.sort_by_key(|(_, size)| std::cmp::Reverse(**size));
        for (index, (path, bytes)) in largest.iter().take(3).enumerate() {
            let before = if index == 0 { "; largest:" } else { "," };
            let _ = write!(line, "{before} {} {}", path.name(), size(**bytes));
        }
        line
    }
}

/// A message to Nix, whose progress bar shows the phase of a build.
fn phase(files: u64, bytes: u64, total: u64) -> String {
    let text = format!("copying: {files} files, {} of {}", size(bytes), size(total));
    format!("@nix {}", serde_json::json!({ "action": "setPhase", "phase": text }))
}

/// A number of bytes with its unit.
#[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut number = bytes as f64 / 1024.0;
    let mut unit = 0;
    while number >= 1000.0 && unit + 1 < UNITS.len() {
        number /= 1024.0;
        unit += 1;
    }
    format!("{number:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests;
