//! The cgroups that a runtime sees.
//!
//! Machines have version 1 (cgroups(7)), version 2, both beside each other, or none, as in Nix's sandbox. crun starts nothing
//! where both are, or where there is no directory for them; so this process changes what it sees of them, in its own mount
//! namespace.

use std::fs;

use anyhow::{Context, Result};
use camino::Utf8Path;
use rustix::fs::statfs;
use rustix::mount::MountAttrFlags;
use serde_json::Value;

use super::mount_namespace::{put, tmpfs};

/// Where they are mounted.
const MOUNTED: &str = "/sys/fs/cgroup";

/// Where the second version is mounted beside the first.
const UNIFIED: &str = "/sys/fs/cgroup/unified";

/// The type of the second version's file system (statfs(2), `CGROUP2_SUPER_MAGIC`).
pub const CGROUP2: i64 = 0x6367_7270;

/// What a machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cgroups {
    /// The second version alone.
    Unified,
    /// The first version alone.
    Legacy,
    /// Both.
    Mixed,
    /// None, or none that can be seen.
    Missing,
}

impl Cgroups {
    /// Those of this machine, as this process sees them.
    pub fn here() -> Self {
        let is_cgroup2 = |path: &str| statfs(path).is_ok_and(|found| found.f_type == CGROUP2);
        if is_cgroup2(MOUNTED) {
            return Self::Unified;
        }
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        match (has_first_version(&mounts), is_cgroup2(UNIFIED)) {
            (true, true) => Self::Mixed,
            (true, false) => Self::Legacy,
            (false, _) => Self::Missing,
        }
    }

    /// What a runtime is to see of them.
    pub fn view(self, is_crun: bool) -> CgroupView {
        match self {
            Self::Mixed if is_crun => CgroupView::WithoutUnified,
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
        kind == "cgroup" && place.strip_prefix(MOUNTED).is_some_and(|below| below.starts_with('/'))
    })
}

/// What the runtime sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CgroupView {
    /// What the machine has.
    AsTheyAre,
    /// The first version alone, whose controllers hold as before.
    WithoutUnified,
    /// A directory for them without any.
    Empty,
}

impl CgroupView {
    /// Changes what this process sees, whose mount namespace is its own.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn show(self) -> Result<()> {
        let place = match self {
            Self::AsTheyAre => return Ok(()),
            Self::WithoutUnified => UNIFIED,
            Self::Empty => MOUNTED,
        };
        let attributes =
            MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV | MountAttrFlags::MOUNT_ATTR_NOEXEC;
        put(&tmpfs(&[("mode", "0755")], attributes)?, Utf8Path::new(place)).context("hiding cgroups from the runtime")
    }
}

/// Takes out of a document what needs cgroups. Tells what that was.
pub fn without_cgroups(document: &mut Value) -> Option<String> {
    let mut dropped = Vec::new();
    if let Some(mounts) = document.get_mut("mounts").and_then(Value::as_array_mut) {
        mounts.retain(|mount| mount["type"] != "cgroup" && mount["type"] != "cgroup2");
    }
    let linux = document.get_mut("linux").and_then(Value::as_object_mut)?;
    linux.remove("cgroupsPath");
    if let Some(resources) = linux.remove("resources") {
        let fields = resources.as_object().into_iter().flat_map(|fields| fields.keys());
        dropped.extend(fields.filter(|field| *field != "devices").cloned());
    }
    (!dropped.is_empty()).then(|| dropped.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_version_is_known_by_its_mounts() {
        let line =
            |place: &str, kind: &str| format!("40 30 0:33 / {place} rw,relatime shared:9 - {kind} cgroup rw,memory\n");
        assert!(has_first_version(&line("/sys/fs/cgroup/memory", "cgroup")));
        assert!(!has_first_version(&line("/sys/fs/cgroup", "tmpfs")));
        assert!(!has_first_version(&line("/sys/fs/cgroup/unified", "cgroup2")));
        assert!(!has_first_version(&line("/elsewhere/memory", "cgroup")));
        assert!(!has_first_version("odd\n"));
    }

    #[test]
    fn only_crun_needs_another_view_of_a_mixed_machine() {
        assert_eq!(Cgroups::Mixed.view(true), CgroupView::WithoutUnified);
        assert_eq!(Cgroups::Mixed.view(false), CgroupView::AsTheyAre);
        assert_eq!(Cgroups::Unified.view(true), CgroupView::AsTheyAre);
        assert_eq!(Cgroups::Missing.view(false), CgroupView::Empty);
    }

    #[test]
    fn what_needs_cgroups_is_taken_out_and_told() {
        let mut document = json!({
            "mounts": [{ "destination": "/sys/fs/cgroup", "type": "cgroup" }, { "destination": "/tmp", "type": "tmpfs" }],
            "linux": { "cgroupsPath": "/x", "resources": { "devices": [], "memory": {}, "pids": {} } },
        });
        assert_eq!(without_cgroups(&mut document).as_deref(), Some("memory, pids"));
        assert_eq!(document, json!({ "mounts": [{ "destination": "/tmp", "type": "tmpfs" }], "linux": {} }));
        assert_eq!(without_cgroups(&mut document), None);
        assert_eq!(without_cgroups(&mut json!({})), None);
    }
}
