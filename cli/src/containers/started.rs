//! The moment from which a container's program runs.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;

use super::cgroups;

/// How long a container may take from its creation to its program.
const MOST_FOR_EXEC: Duration = Duration::from_secs(5);

/// How long between two looks at what the kernel does not tell by itself.
pub const PAUSE: Duration = Duration::from_millis(2);

/// A container that is being started.
#[derive(Clone, Debug)]
pub struct Starting {
    /// Where the runtime's process is in /proc.
    runtime: String,
    pid_file: Utf8PathBuf,
    id: String,
    created: Option<Instant>,
}

impl Starting {
    /// One of this `id` whose runtime is this process. The runtime writes the number of the container's first process into
    /// `pid_file`, as its own pid namespace has it.
    pub fn new(runtime: u32, pid_file: Utf8PathBuf, id: String) -> Self {
        Self { runtime: format!("/proc/{runtime}"), pid_file, id, created: None }
    }

    /// Whether the container's program runs: gives its cgroups then.
    pub fn poll(&mut self) -> Option<Vec<String>> {
        // What is below `/proc/PROCESS/root`, is as the runtime sees it.
        let seen = |file: &str| format!("{}/root{file}", self.runtime);
        let pid: u32 = fs::read_to_string(seen(self.pid_file.as_str())).ok()?.trim().parse().ok()?;
        let process = seen(&format!("/proc/{pid}"));
        let created = *self.created.get_or_insert_with(Instant::now);
        if is_of_runtime(&self.runtime, &process) && created.elapsed() < MOST_FOR_EXEC {
            return None;
        }
        let membership = fs::read_to_string(format!("{process}/cgroup")).unwrap_or_default();
        Some(cgroups::of_container(&membership, &self.id))
    }
}

/// Whether a process still runs the runtime's program, or a copy in memory of it. So it does if it is gone: perhaps it had no
/// program to run, and the runtime, which ends with it, says so.
fn is_of_runtime(runtime: &str, process: &str) -> bool {
    let program = |of: &str| fs::metadata(format!("{of}/exe")).map(|file| (file.dev(), file.ino()));
    let found = match program(process) {
        Ok(found) => found,
        Err(error) => return error.kind() == ErrorKind::NotFound,
    };
    let link = fs::read_link(format!("{process}/exe")).unwrap_or_default();
    program(runtime).is_ok_and(|runtime| runtime == found) || link.to_string_lossy().starts_with("/memfd:")
}
