//! The limits of a container, and the control group that they hold in.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::control_group::controllers;
use super::host::Host;

/// Puts the container below the control group that is delegated, if one is. Gives the controllers that it needs of it.
pub fn fit(document: &mut Value, host: &Host, dropped: &mut Vec<String>) -> Vec<String> {
    let Some(linux) = document.get_mut("linux").and_then(Value::as_object_mut) else { return Vec::new() };
    if !host.is_root && linux.remove("cgroupsPath").is_some() {
        dropped.push("linux.cgroupsPath dropped: it needs root".to_owned());
    }
    let group = host.control_group.as_ref().filter(|group| !group.is_shared);
    let mut needed = BTreeSet::new();
    let mut without = Vec::new();
    if let Some(resources) = linux.get_mut("resources").and_then(Value::as_object_mut) {
        resources.retain(|field, value| {
            let controllers = controllers(field, value);
            if group.is_some_and(|group| group.has(&controllers)) {
                needed.extend(controllers);
                return true;
            }
            // No controller has devices, and rules for them give an ordinary user nothing.
            if field != "devices" && !host.is_root {
                without.push(field.trim_end_matches("Limits").to_owned());
            }
            host.is_root
        });
        if !host.is_root && resources.is_empty() {
            linux.remove("resources");
        }
    }
    if !without.is_empty() {
        let why = match &host.control_group {
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
