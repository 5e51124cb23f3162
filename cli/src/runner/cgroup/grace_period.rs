//! A wait of the kernel that begins before the runtime gets to it.
//!
//! A runtime makes cgroups and moves the container's first process there. The kernel lets a process move when no processor is
//! in the middle of starting one any more, and for the first move after a while it waits for that some ten milliseconds: a grace
//! period of RCU (Linux, `kernel/cgroup/cgroup.c`, `cgroup_threadgroup_rwsem`). That is a third of a start. Any other move has the wait
//! behind it for a while, also one of a process to where it is. So a copy of this process makes one while the run is set up.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use fork::{Fork, fork};
use rustix::fs::{OFlags, fstatfs};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, set_parent_process_death_signal, waitpid};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};

use super::mode::CgroupMode;
use super::mount_point::{CGROUP1, CGROUP2, MOUNT_POINT, UNIFIED};

/// The process that waits.
#[derive(Debug)]
pub struct GracePeriod(Pid);

impl GracePeriod {
    /// Begins it, where this process may move itself. What fails is only slower.
    pub fn begin(mode: CgroupMode) -> Option<Self> {
        let membership = fs::read_to_string("/proc/self/cgroup").ok()?;
        let mut cgroup = files(&membership, mode).find_map(|path| open(&path))?;
        match fork().ok()? {
            Fork::Parent(process) => Pid::from_raw(process).map(Self),
            Fork::Child => {
                let _ = end_with_parent(&cgroup);
                // The process that writes (cgroups(7)).
                let _ = cgroup.write_all(b"0");
                std::process::exit(0)
            }
        }
    }

    /// Whether it is over. Then there is nothing left of it.
    pub fn is_over(&self) -> bool {
        !matches!(waitpid(Some(self.0), WaitOptions::NOHANG), Ok(None))
    }
}

/// Keeps nobody waiting who waits for the end of the parent: this process is killed with it, and has none of its streams open.
fn end_with_parent(file: &File) -> Result<(), Errno> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    dup2_stdin(file)?;
    dup2_stdout(file)?;
    dup2_stderr(file)
}

/// The files that list the processes of the cgroups that a process is in.
///
/// `membership` is a file of `/proc/PID/cgroup` (cgroups(7)).
fn files(membership: &str, mode: CgroupMode) -> impl Iterator<Item = String> {
    membership.lines().filter_map(move |line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let hierarchy = match (controllers.strip_prefix("name=").unwrap_or(controllers), mode) {
            ("", CgroupMode::Unified) => MOUNT_POINT.to_owned(),
            ("", _) => UNIFIED.to_owned(),
            (controllers, _) => format!("{MOUNT_POINT}/{controllers}"),
        };
        // One that is out of sight has a path that leads up (cgroup_namespaces(7)).
        let is_visible = path.split('/').all(|name| name != "..");
        is_visible.then(|| format!("{hierarchy}{}/cgroup.procs", path.trim_end_matches('/')))
    })
}

fn open(path: &str) -> Option<File> {
    let flags = i32::try_from(OFlags::NOFOLLOW.bits()).ok()?;
    let file = File::options().write(true).custom_flags(flags).open(path).ok()?;
    let kind = fstatfs(&file).ok()?.f_type;
    (kind == CGROUP1 || kind == CGROUP2).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_those_of_each_version() {
        let of = |membership, mode| files(membership, mode).collect::<Vec<_>>();
        assert_eq!(of("0::/a/b\n", CgroupMode::Unified), ["/sys/fs/cgroup/a/b/cgroup.procs"]);
        let both = "3:name=systemd:/a\n2:cpu,cpuacct:/\n0::/\n";
        let [systemd, cpu, unified] =
            ["systemd/a", "cpu,cpuacct", "unified"].map(|path| format!("/sys/fs/cgroup/{path}/cgroup.procs"));
        assert_eq!(of(both, CgroupMode::Hybrid), [systemd, cpu, unified]);
        assert!(of("0::/../../elsewhere\n", CgroupMode::Unified).is_empty());
    }

    #[test]
    fn no_other_file_is_written_to() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(open(file.path().to_str().unwrap()).is_none());
    }
}
