//! The controllers that limits need.

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use super::mount_point::MOUNT_POINT;

/// The controllers of the second version that this host has.
///
/// # Errors
/// They cannot be read.
pub fn available_controllers() -> Result<Vec<String>> {
    let file = format!("{MOUNT_POINT}/cgroup.controllers");
    let names = fs::read_to_string(&file).with_context(|| format!("reading '{file}'"))?;
    Ok(names.split_whitespace().map(str::to_owned).collect())
}

/// The controllers that a field of `linux.resources` takes, of the second version (config-linux.md, "Control groups").
pub fn required_controllers(field: &str, value: &Value) -> Vec<String> {
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

#[cfg(test)]
mod tests;
