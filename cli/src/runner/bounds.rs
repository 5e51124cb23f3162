//! How long the paths and lists of a document may be, which may be of any size: what Linux has no room for is refused before
//! work is done for it.

use anyhow::{Result, ensure};
use serde_json::Value;

/// The longest path that a system call takes (`PATH_MAX` of limits.h, which counts the byte at the end).
const LONGEST_PATH: usize = 4095;

/// The most mounts of a mount namespace (`/proc/sys/fs/mount-max` of proc(5)), unless root has raised it.
const MOST_MOUNTS: usize = 100_000;

/// Checks them.
///
/// # Errors
/// The first that is too long.
pub fn check(document: &Value) -> Result<()> {
    let path = |field: &str, value: &Value| {
        let length = value.as_str().map_or(0, str::len);
        ensure!(
            length <= LONGEST_PATH,
            "{field}: found a path of {length} bytes, want at most {LONGEST_PATH}, which is the most that Linux takes"
        );
        anyhow::Ok(())
    };
    path("process.cwd", &document["process"]["cwd"])?;
    path("root.path", &document["root"]["path"])?;
    let list = |value: &Value| value.as_array().map_or(0, Vec::len);
    let count = list(&document["mounts"]);
    ensure!(
        count <= MOST_MOUNTS,
        "mounts: found {count}, want at most {MOST_MOUNTS}, which is the most that Linux has in a mount namespace"
    );
    for (index, mount) in document["mounts"].as_array().into_iter().flatten().enumerate() {
        for name in ["destination", "source"] {
            path(&format!("mounts.{index}.{name}"), &mount[name])?;
        }
        // Runtimes hand them to the kernel as one text (mount(2), "data").
        let options = mount["options"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let length: usize = options.map(str::len).sum();
        ensure!(
            length <= LONGEST_PATH,
            "mounts.{index}.options: found {length} bytes, want at most {LONGEST_PATH}, which is the most that Linux takes"
        );
    }
    for (index, device) in document["linux"]["devices"].as_array().into_iter().flatten().enumerate() {
        path(&format!("linux.devices.{index}.path"), &device["path"])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_linux_has_no_room_for_is_named() {
        let longest = "/x".repeat(2047) + "/";
        let fitting = json!({
            "process": { "cwd": longest },
            "mounts": [{ "destination": longest, "source": longest }, 7, { }],
            "linux": { "devices": [{ "path": longest }] },
        });
        assert!(check(&fitting).is_ok() && check(&json!(null)).is_ok());
        let long = longest + "x";
        for (field, document) in [
            ("process.cwd", json!({ "process": { "cwd": long } })),
            ("root.path", json!({ "root": { "path": long } })),
            ("mounts.1.destination", json!({ "mounts": [{}, { "destination": long }] })),
            ("mounts.0.source", json!({ "mounts": [{ "source": long }] })),
            ("linux.devices.0.path", json!({ "linux": { "devices": [{ "path": long }] } })),
        ] {
            let error = check(&document).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("{field}: found a path of 4096 bytes, want at most 4095, which is the most that Linux takes")
            );
        }
        let options = json!({ "mounts": [{ "options": ["ro", "x".repeat(4094)] }] });
        assert!(check(&options).unwrap_err().to_string().starts_with("mounts.0.options: found 4096 bytes, want"));
        let many = json!({ "mounts": vec![json!(null); 100_001] });
        assert!(check(&many).unwrap_err().to_string().starts_with("mounts: found 100001, want at most 100000"));
    }
}
