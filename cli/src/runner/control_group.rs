//! The control group that a service manager has handed over (cgroups(7), "cgroups delegation: delegating a hierarchy to
//! a less privileged user"; systemd.resource-control(5), `Delegate=`).

use std::fs;

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::Access;
use serde_json::Value;

use super::cgroup_view::CGROUP2;

/// Where the second version of control groups is, on a machine that has no other.
const MOUNTED: &str = "/sys/fs/cgroup";

/// A control group below which this process may make others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlGroup {
    /// Its path in the hierarchy, which starts with `/`.
    pub path: Utf8PathBuf,
    /// The controllers that it has to hand on.
    pub controllers: Vec<String>,
    /// Whether other processes are in it, so that it cannot hand them on (cgroups(7), "no internal processes").
    pub is_shared: bool,
}

impl ControlGroup {
    /// The control group of this process, if it is delegated.
    pub fn delegated(is_root: bool) -> Option<Self> {
        let is_unified = rustix::fs::statfs(MOUNTED).is_ok_and(|it| it.f_type == CGROUP2);
        let groups = fs::read_to_string("/proc/self/cgroup").ok().filter(|_| is_unified)?;
        let path = Utf8PathBuf::from(groups.lines().find_map(|line| line.strip_prefix("0::"))?);
        let directory = directory(&path);
        // Everything is root's to write to, so for root it takes the mark that systemd makes.
        let is_delegated = if is_root { is_marked(&directory) } else { is_writable(&directory) };
        let controllers = fs::read_to_string(directory.join("cgroup.controllers")).ok().filter(|_| is_delegated)?;
        let processes = fs::read_to_string(directory.join("cgroup.procs")).ok()?;
        Some(Self {
            path,
            controllers: controllers.split_whitespace().map(str::to_owned).collect(),
            is_shared: processes.lines().count() > 1,
        })
    }

    /// Whether it has all the controllers.
    pub fn has(&self, controllers: &[String]) -> bool {
        controllers.iter().all(|controller| self.controllers.contains(controller))
    }

    /// Hands the controllers on to the groups below. This process goes into one of its own, as none may stay.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn hand_on(&self, controllers: &[String]) -> Result<()> {
        if controllers.is_empty() {
            return Ok(());
        }
        let directory = directory(&self.path);
        let own = directory.join("launcher");
        super::mount_namespace::make_directory(&own)?;
        write(&own.join("cgroup.procs"), "0")?;
        let added: Vec<_> = controllers.iter().map(|controller| format!("+{controller}")).collect();
        write(&directory.join("cgroup.subtree_control"), &added.join(" "))
    }
}

/// The controllers that a field of `linux.resources` takes, of the second version (config-linux.md, "Control groups").
pub fn controllers(field: &str, value: &Value) -> Vec<String> {
    let names: Vec<&str> = match field {
        "cpu" => {
            let is_set = |name: &String| ["cpus", "mems"].contains(&name.as_str());
            let names = value.as_object().into_iter().flat_map(|cpu| cpu.keys());
            names.map(|name| if is_set(name) { "cpuset" } else { "cpu" }).collect()
        }
        "blockIO" => vec!["io"],
        "hugepageLimits" => vec!["hugetlb"],
        // A file is named after its controller. Those of the group itself take none.
        "unified" => {
            let names = value.as_object().into_iter().flat_map(|files| files.keys());
            names.filter_map(|file| file.split('.').next()).filter(|name| *name != "cgroup").collect()
        }
        other => vec![other],
    };
    names.into_iter().map(str::to_owned).collect()
}

fn directory(path: &Utf8Path) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("{MOUNTED}{path}"))
}

fn is_marked(directory: &Utf8Path) -> bool {
    ["trusted.delegate", "user.delegate"].into_iter().any(|name| {
        let mut value = [0; 1];
        rustix::fs::getxattr(directory.as_std_path(), name, &mut value[..]) == Ok(1) && value == *b"1"
    })
}

fn is_writable(directory: &Utf8Path) -> bool {
    let files = ["", "cgroup.procs", "cgroup.subtree_control"];
    files.into_iter().all(|file| rustix::fs::access(directory.join(file).as_std_path(), Access::WRITE_OK).is_ok())
}

fn write(file: &Utf8Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("writing '{text}' to '{file}'"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_limit_has_its_controller() {
        for (field, value, expected) in [
            ("memory", json!({ "limit": 1 }), vec!["memory"]),
            ("pids", json!({ "limit": 1 }), vec!["pids"]),
            ("cpu", json!({ "cpus": "0", "shares": 5 }), vec!["cpuset", "cpu"]),
            ("blockIO", json!({}), vec!["io"]),
            ("hugepageLimits", json!([]), vec!["hugetlb"]),
            ("unified", json!({ "cgroup.freeze": "1", "memory.high": "5" }), vec!["memory"]),
        ] {
            assert_eq!(controllers(field, &value), expected);
        }
    }
}
