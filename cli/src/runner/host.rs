//! The host that a container runs on, as far as it matters to whoever runs it.

use std::fs;
use std::path::Path;

use rustix::process::{Resource, getrlimit};
use rustix::thread::CapabilitySet;

use super::cgroup::{CgroupMode, DelegatedCgroup};
use super::files::SearchPath;
use super::privilege::{self, Privilege};
use super::rootless::Caller;

/// Where the kernel shows devices and drivers.
pub const SYS: &str = "/sys";

/// Who runs a container, and what there is for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The container's name.
    pub id: String,
    /// What the kernel allows here.
    pub privilege: Privilege,
    /// Who runs the container.
    pub caller: Caller,
    /// Where programs are looked for.
    pub search_path: SearchPath,
    /// The cgroup below which the container's may be.
    pub delegated_cgroup: Option<DelegatedCgroup>,
    /// The versions of cgroups that the host has.
    pub cgroup_mode: CgroupMode,
    /// Whether this user may lock memory without a limit.
    pub locks_memory: bool,
    /// The runtimes that are known to filter system calls, as [`Runtime::identity`](super::runtime::Runtime::identity) has them.
    pub filtering_runtimes: Vec<String>,
    /// Whether there is a /sys.
    pub has_sys: bool,
}

impl Host {
    /// This host, for this process.
    pub fn detect(search_path: SearchPath) -> Self {
        let privilege = privilege::detect();
        Self {
            id: container_id(std::process::id()),
            privilege,
            caller: Caller::detect(),
            search_path,
            delegated_cgroup: DelegatedCgroup::find(privilege),
            cgroup_mode: CgroupMode::detect(),
            locks_memory: locks_memory(),
            filtering_runtimes: Vec::new(),
            has_sys: Path::new(SYS).is_dir(),
        }
    }
}

/// Whether the limit of locked memory is none, or can be taken away (setrlimit(2)).
fn locks_memory() -> bool {
    let effective = rustix::thread::capabilities(None).map(|sets| sets.effective);
    getrlimit(Resource::Memlock).maximum.is_none()
        || effective.is_ok_and(|effective| effective.contains(CapabilitySet::SYS_RESOURCE))
}

/// What a runtime calls the container that a process of this pid namespace runs.
pub fn container_id(runner: u32) -> String {
    format!("oci-bundle-{runner}{}", pid_namespace())
}

/// What makes the number of a process unique on the host: the number of its pid namespace, unless that is the host's.
fn pid_namespace() -> String {
    /// Of the first namespace (Linux, `proc_ns.h`, `PROC_PID_INIT_INO`).
    const FIRST: &str = "pid:[4026531836]";
    let link = fs::read_link("/proc/self/ns/pid").ok().and_then(|link| link.into_os_string().into_string().ok());
    let number = link.filter(|link| link != FIRST).unwrap_or_default();
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() { digits } else { format!("-{digits}") }
}
