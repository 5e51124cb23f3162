//! Which versions of cgroups a host has.

use std::fs;

use rustix::fs::statfs;

use super::mount_point::{CGROUP1, CGROUP2, MOUNT_POINT, UNIFIED};
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
        Self::seen_by("self")
    }

    /// Those of this host, where this process sees the same mounts as another one, which is `process` in /proc.
    pub fn seen_by(process: &str) -> Self {
        let is_of_type = |path: &str, kind: i64| statfs(path).is_ok_and(|found| found.f_type == kind);
        if is_of_type(MOUNT_POINT, CGROUP2) {
            return Self::Unified;
        }
        let mounts = fs::read(format!("/proc/{process}/mountinfo")).unwrap_or_default();
        // Any user may have mounted something at a name that is not UTF-8.
        let mounts = String::from_utf8_lossy(&mounts);
        // A mount that another one hides is in the table as well.
        let has_first_version = first_version(&mounts).any(|place| is_of_type(place, CGROUP1));
        match (has_first_version, is_of_type(UNIFIED, CGROUP2)) {
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

/// Where a table of mounts has the first version below the usual place (`proc_pid_mountinfo`(5)).
fn first_version(mountinfo: &str) -> impl Iterator<Item = &str> {
    mountinfo.lines().filter_map(|line| {
        let place = line.split(' ').nth(4).unwrap_or_default();
        let kind = line.split_once(" - ").map_or("", |(_, rest)| rest.split(' ').next().unwrap_or_default());
        let is_below = place.strip_prefix(MOUNT_POINT).is_some_and(|below| below.starts_with('/'));
        (kind == "cgroup" && is_below).then_some(place)
    })
}

#[cfg(test)]
mod tests;
