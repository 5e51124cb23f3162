//! The resource limits of a container: those that this host and this user can set, and a line for each that is dropped.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::{Value, json};

use super::cgroup::{CgroupMode, available_controllers, required_controllers};
use super::host::Host;
use crate::runner::runtime_config::RuntimeConfig;

/// Takes out of a document what this host's cgroups cannot do. Tells what that is.
///
/// # Errors
/// What the host has cannot be read.
pub fn drop_unsupported(config: &mut RuntimeConfig, host: &Host, is_crun: bool) -> Result<Vec<String>> {
    if host.cgroup_mode == CgroupMode::Missing {
        return Ok(vec![without_cgroups(config)]);
    }
    if host.cgroup_mode != CgroupMode::Unified || !host.privilege.is_root() {
        return Ok(Vec::new());
    }
    let mut dropped = Vec::new();
    dropped.extend(without_controllers(config, &available_controllers()?));
    if !host.locks_memory && is_crun {
        dropped.extend(without_device_rules(config));
    }
    // What the host lacks is one line.
    Ok(if dropped.is_empty() { dropped } else { vec![dropped.join("; ")] })
}

/// Puts the container below the cgroup that is delegated, if one is. Gives the controllers that it needs of it.
pub fn delegate(config: &mut RuntimeConfig, host: &Host, dropped: &mut Vec<String>) -> Vec<String> {
    let is_root = host.privilege.is_root();
    let Some(linux) = config.linux_mut() else { return Vec::new() };
    if !is_root && linux.remove("cgroupsPath").is_some() {
        dropped.push("linux.cgroupsPath dropped: it needs root".to_owned());
    }
    let group = host.delegated_cgroup.as_ref().filter(|group| !group.is_shared);
    let mut needed = BTreeSet::new();
    let mut without = Vec::new();
    if let Some(resources) = linux.get_mut("resources").and_then(Value::as_object_mut) {
        resources.retain(|field, value| {
            let controllers = required_controllers(field, value);
            if group.is_some_and(|group| group.has(&controllers)) {
                needed.extend(controllers);
                return true;
            }
            // No controller has devices, and rules for them give an ordinary user nothing.
            if field != "devices" && !is_root {
                without.push(field.trim_end_matches("Limits").to_owned());
            }
            is_root
        });
        if !is_root && resources.is_empty() {
            linux.remove("resources");
        }
    }
    if !without.is_empty() {
        let why = match &host.delegated_cgroup {
            None => "they need root or a delegated cgroup".to_owned(),
            Some(group) if group.is_shared => format!("other processes are in the delegated cgroup '{}'", group.path),
            Some(group) => format!("the delegated cgroup '{}' lacks their controllers", group.path),
        };
        dropped.push(format!("{} limits dropped: {why}", without.join(" and ")));
    }
    match group {
        Some(group) if !linux.contains_key("cgroupsPath") => {
            linux.insert("cgroupsPath".to_owned(), json!(group.path.join(&host.id)));
            needed.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Takes out of a document what needs cgroups, and tells what that was, in a line.
fn without_cgroups(config: &mut RuntimeConfig) -> String {
    let mut dropped = vec!["/sys/fs/cgroup".to_owned()];
    if let Some(mounts) = config.mounts_mut() {
        mounts.retain(|mount| mount["type"] != "cgroup" && mount["type"] != "cgroup2");
    }
    if let Some(linux) = config.linux_mut() {
        linux.remove("cgroupsPath");
        let resources = linux.remove("resources");
        let fields = resources.as_ref().and_then(Value::as_object).into_iter().flat_map(|fields| fields.keys());
        let limits: Vec<_> = fields.filter(|field| *field != "devices").map(String::as_str).collect();
        if !limits.is_empty() {
            dropped.push(format!("{} limits", limits.join(" and ")));
        }
    }
    format!("{} dropped: this host has no cgroups", dropped.join(", "))
}

/// Takes limits out of a document whose controllers the second version does not have here. Tells which.
fn without_controllers(config: &mut RuntimeConfig, available: &[String]) -> Option<String> {
    let resources = config.resources_mut()?;
    let mut dropped = Vec::new();
    resources.retain(|field, value| {
        let is_kept =
            field == "devices" || required_controllers(field, value).iter().all(|name| available.contains(name));
        if !is_kept {
            dropped.push(field.clone());
        }
        is_kept
    });
    let fields = dropped.join(" and ");
    (!dropped.is_empty()).then(|| format!("{fields} limits dropped: this host's cgroups lack their controllers"))
}

/// Takes rules for devices out of a document that crun could not start with them: on a machine with the second version alone they
/// are a program for the kernel, for which crun wants memory to be locked without a limit. A container that may make device
/// nodes keeps its rules, and so does not start.
fn without_device_rules(config: &mut RuntimeConfig) -> Option<String> {
    let bounding = config["process"]["capabilities"]["bounding"].as_array();
    let makes_nodes = bounding.is_none_or(|names| names.iter().any(|name| name == "CAP_MKNOD"));
    let resources = config.resources_mut();
    let rules = resources.filter(|_| !makes_nodes)?.remove("devices");
    rules.map(|_| {
        "device rules dropped: to load them, crun needs CAP_SYS_RESOURCE or unlimited locked memory (ulimit -l)"
            .to_owned()
    })
}

#[cfg(test)]
mod tests;
