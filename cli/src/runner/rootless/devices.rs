//! The device nodes of a container: a runtime without root makes none, and mounts those of the host.

use crate::runner::runtime_config::RuntimeConfig;
use rustix::fs::FileType;
use serde_json::Value;

/// Drops the devices that the host does not have.
pub fn drop_missing(config: &mut RuntimeConfig, dropped: &mut Vec<String>) {
    let Some(devices) = config["linux"].get_mut("devices").and_then(Value::as_array_mut) else { return };
    devices.retain(|device| {
        let is_there = has_device(device);
        if !is_there {
            let path = device["path"].as_str().unwrap_or("?");
            dropped.push(format!("device '{path}' dropped: this host has no such device"));
        }
        is_there
    });
}

/// Whether the host has an entry of `linux.devices` at the same path. A runtime of an ordinary user makes none, but
/// mounts the host's.
fn has_device(device: &Value) -> bool {
    let Some(there) = device["path"].as_str().and_then(|path| rustix::fs::stat(path).ok()) else { return false };
    let kind = match FileType::from_raw_mode(there.st_mode) {
        FileType::CharacterDevice => ["c", "u"].as_slice(),
        FileType::BlockDevice => &["b"],
        FileType::Fifo => &["p"],
        _ => return false,
    };
    let numbers = [rustix::fs::major(there.st_rdev), rustix::fs::minor(there.st_rdev)];
    let is_same = ["major", "minor"].into_iter().zip(numbers).all(|(name, number)| device[name] == number);
    kind.iter().any(|kind| device["type"] == *kind) && (is_same || device["type"] == "p")
}

#[cfg(test)]
mod tests;
