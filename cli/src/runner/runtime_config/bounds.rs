//! How long the paths and lists of a document may be, which may be of any size: what Linux has no room for is refused before
//! work is done for it.

use std::fmt::Display;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::document::RuntimeConfig;

/// The longest path that a system call takes (`PATH_MAX` of limits.h, which counts the byte at the end).
const LONGEST_PATH: usize = 4095;

/// The most mounts of a mount namespace (`/proc/sys/fs/mount-max` of proc(5)), unless root has raised it.
const MOST_MOUNTS: usize = 100_000;

/// The most mappings of a user namespace (`user_namespaces`(7)).
const MOST_MAPPINGS: usize = 340;

/// Checks them.
///
/// # Errors
/// The first that is too long.
pub fn check(config: &RuntimeConfig) -> Result<()> {
    let path = |field: &dyn Display, value: &Value| {
        let length = value.as_str().map_or(0, str::len);
        ensure!(
            length <= LONGEST_PATH,
            "{field}: found a path of {length} bytes, want at most {LONGEST_PATH}, which is Linux's limit"
        );
        anyhow::Ok(())
    };
    path(&"process.cwd", &config["process"]["cwd"])?;
    path(&"root.path", &config["root"]["path"])?;
    let list = |value: &Value| value.as_array().map_or(0, Vec::len);
    let count = list(&config["mounts"]);
    ensure!(
        count <= MOST_MOUNTS,
        "mounts: found {count}, want at most {MOST_MOUNTS}, which is Linux's limit for a mount namespace"
    );
    for (index, mount) in config["mounts"].as_array().into_iter().flatten().enumerate() {
        for name in ["destination", "source"] {
            path(&format_args!("mounts.{index}.{name}"), &mount[name])?;
        }
        // Runtimes hand them to the kernel as one text (mount(2), "data").
        let options = mount["options"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let length: usize = options.map(str::len).sum();
        ensure!(
            length <= LONGEST_PATH,
            "mounts.{index}.options: found {length} bytes, want at most {LONGEST_PATH}, which is Linux's limit"
        );
    }
    for side in ["uidMappings", "gidMappings"] {
        let count = list(&config["linux"][side]);
        ensure!(
            count <= MOST_MAPPINGS,
            "linux.{side}: found {count}, want at most {MOST_MAPPINGS}, which is Linux's limit"
        );
    }
    for (index, device) in config.devices().enumerate() {
        path(&format_args!("linux.devices.{index}.path"), &device["path"])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
