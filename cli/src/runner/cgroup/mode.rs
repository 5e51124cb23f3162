//! Which versions of cgroups a host has.

use std::fs;

use rustix::fs::statfs;

use super::mount_point::{CGROUP2, MOUNT_POINT, UNIFIED};
use super::view::CgroupView;

/// What a host has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CgroupMode {
    /// The second version alone.
    Unified,
    /// The first version alone.
    Legacy,
    /// Both.
    Hybrid,
    /// None, or none that can be seen.
    Missing,
}

impl CgroupMode {
    /// Those of this host, as this process sees them.
    pub fn detect() -> Self {
        let is_cgroup2 = |path: &str| statfs(path).is_ok_and(|found| found.f_type == CGROUP2);
        if is_cgroup2(MOUNT_POINT) {
            return Self::Unified;
        }
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        match (has_first_version(&mounts), is_cgroup2(UNIFIED)) {
            (true, true) => Self::Hybrid,
            (true, false) => Self::Legacy,
            (false, _) => Self::Missing,
        }
    }

    /// What a runtime is to see of them.
    pub fn view(self, is_crun: bool) -> CgroupView {
        match self {
            Self::Hybrid if is_crun => CgroupView::WithoutUnified,
            Self::Missing => CgroupView::Empty,
            _ => CgroupView::AsTheyAre,
        }
    }
}

/// Whether a table of mounts has one of the first version below the usual place (`proc_pid_mountinfo`(5)).
fn has_first_version(mountinfo: &str) -> bool {
    mountinfo.lines().any(|line| {
        let place = line.split(' ').nth(4).unwrap_or_default();
        let kind = line.split_once(" - ").map_or("", |(_, rest)| rest.split(' ').next().unwrap_or_default());
        kind == "cgroup" && place.strip_prefix(MOUNT_POINT).is_some_and(|below| below.starts_with('/'))
    })
}

#[cfg(test)]
mod tests;
