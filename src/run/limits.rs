//! The limits of a container, and the control group that they hold in.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::control_group::controllers;
use super::host::Host;

/// Puts the container below the control group that is delegated, if one is. Gives the controllers that it needs of it.
pub fn fit(document: &mut Value, host: &Host, left_out: &mut Vec<String>) -> Vec<String> {
    let Some(linux) = document.get_mut("linux").and_then(Value::as_object_mut) else { return Vec::new() };
    if !host.is_root && linux.remove("cgroupsPath").is_some() {
        left_out.push("linux.cgroupsPath".to_owned());
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
                without.push(field.clone());
            }
            host.is_root
        });
        if !host.is_root && resources.is_empty() {
            linux.remove("resources");
        }
    }
    if !without.is_empty() {
        let why = match &host.control_group {
            None => "which take root, or a control group that is delegated".to_owned(),
            Some(group) if group.is_shared => {
                format!("as there are other processes in the control group '{}'", group.path)
            }
            Some(group) => format!("whose controllers the control group '{}' lacks", group.path),
        };
        left_out.push(format!("limits of {}, {why}", without.join(", ")));
    }
    match group {
        Some(group) if !linux.contains_key("cgroupsPath") => {
            linux.insert("cgroupsPath".to_owned(), json!(group.path.join(&host.id)));
            needed.into_iter().collect()
        }
        _ => Vec::new(),
    }
}
