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

use super::control_group::controllers;
use super::machine_root;
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
    /// Makes the directory for them visible, at the site for what is mounted here, where the machine has none.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn make_way(self, site: &Utf8Path) -> Result<()> {
        if self == Self::Empty && !Utf8Path::new(MOUNTED).is_dir() {
            machine_root::enter_with(Utf8Path::new(MOUNTED), site)?;
        }
        Ok(())
    }

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

/// Takes out of a document what needs cgroups, and tells what that was, in a line.
pub fn without_cgroups(document: &mut Value) -> String {
    let mut without = vec!["no /sys/fs/cgroup".to_owned()];
    if let Some(mounts) = document.get_mut("mounts").and_then(Value::as_array_mut) {
        mounts.retain(|mount| mount["type"] != "cgroup" && mount["type"] != "cgroup2");
    }
    if let Some(linux) = document.get_mut("linux").and_then(Value::as_object_mut) {
        linux.remove("cgroupsPath");
        let resources = linux.remove("resources");
        let fields = resources.as_ref().and_then(Value::as_object).into_iter().flat_map(|fields| fields.keys());
        let limits: Vec<_> = fields.filter(|field| *field != "devices").map(String::as_str).collect();
        if !limits.is_empty() {
            without.push(format!("no limits of {}", limits.join(", ")));
        }
    }
    format!("this machine has no cgroups, so the container has {}", without.join(" and "))
}

/// Takes limits out of a document whose controllers the second version does not have here. Tells which.
pub fn without_controllers(document: &mut Value, available: &[String]) -> Option<String> {
    let resources = document["linux"].get_mut("resources").and_then(Value::as_object_mut)?;
    let mut dropped = Vec::new();
    resources.retain(|field, value| {
        let is_kept = field == "devices" || controllers(field, value).iter().all(|name| available.contains(name));
        if !is_kept {
            dropped.push(field.clone());
        }
        is_kept
    });
    let fields = dropped.join(", ");
    (!dropped.is_empty())
        .then(|| format!("limits of {fields} dropped: this machine's cgroups have no controllers for them"))
}

/// The controllers of the second version that this machine has.
///
/// # Errors
/// They cannot be read.
pub fn available_controllers() -> Result<Vec<String>> {
    let file = format!("{MOUNTED}/cgroup.controllers");
    let names = fs::read_to_string(&file).with_context(|| format!("reading '{file}'"))?;
    Ok(names.split_whitespace().map(str::to_owned).collect())
}

/// Takes rules for devices out of a document that crun could not start with them: on a machine with the second version alone they
/// are a program for the kernel, for which crun wants memory to be locked without a limit. A container that may make device
/// nodes keeps its rules, and so does not start.
pub fn without_device_rules(document: &mut Value) -> Option<String> {
    let bounding = document["process"]["capabilities"]["bounding"].as_array();
    let makes_nodes = bounding.is_none_or(|names| names.iter().any(|name| name == "CAP_MKNOD"));
    let resources = document["linux"].get_mut("resources").and_then(Value::as_object_mut);
    let rules = resources.filter(|_| !makes_nodes)?.remove("devices");
    rules.map(|_| {
        "rules for devices dropped: crun needs CAP_SYS_RESOURCE for them, or no limit of locked memory (ulimit -l)"
            .to_owned()
    })
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
        let told = "this machine has no cgroups, so the container has no /sys/fs/cgroup";
        assert_eq!(without_cgroups(&mut document), format!("{told} and no limits of memory, pids"));
        assert_eq!(document, json!({ "mounts": [{ "destination": "/tmp", "type": "tmpfs" }], "linux": {} }));
        assert_eq!(without_cgroups(&mut document), told);
        assert_eq!(without_cgroups(&mut json!({})), told);
    }

    #[test]
    fn a_limit_without_its_controller_is_taken_out() {
        let mut document = json!({ "linux": { "resources": { "devices": [], "pids": { "limit": 1 }, "memory": {} } } });
        let told = without_controllers(&mut document, &["memory".to_owned()]).unwrap();
        assert_eq!(told, "limits of pids dropped: this machine's cgroups have no controllers for them");
        assert_eq!(document["linux"]["resources"], json!({ "devices": [], "memory": {} }));
        assert_eq!(without_controllers(&mut document, &["memory".to_owned()]), None);
    }

    #[test]
    fn rules_for_devices_stay_where_nodes_can_be_made() {
        let document = |capabilities: Value| {
            json!({
                "process": { "capabilities": { "bounding": capabilities } },
                "linux": { "resources": { "devices": [], "pids": {} } },
            })
        };
        let mut without = document(json!(["CAP_KILL"]));
        assert!(without_device_rules(&mut without).is_some());
        assert_eq!(without["linux"]["resources"], json!({ "pids": {} }));
        assert_eq!(without_device_rules(&mut without), None);
        assert_eq!(without_device_rules(&mut document(json!(["CAP_MKNOD"]))), None);
        assert_eq!(without_device_rules(&mut document(Value::Null)), None);
    }
}
