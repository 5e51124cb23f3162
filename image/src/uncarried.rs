//! What a container asks of whoever runs it, and an image has no place for.

use serde_json::{Map, Value};

/// The annotation of the manifest that keeps it, as JSON.
pub const ANNOTATION: &str = "io.github.oci-bundle.runtime";

/// Arguments without a place in an image's configuration (image-spec, config.md).
const ARGUMENTS: [&str; 10] =
    ["capabilities", "health", "hostname", "limits", "mounts", "network", "readonly", "seccomp", "terminal", "config"];

/// Fields of `config.process` that have one.
const CARRIED: [&str; 4] = ["args", "cwd", "env", "user"];

/// What of the arguments is not in the image, as it was written.
pub fn find(arguments: &Value) -> Map<String, Value> {
    let mut found = Map::new();
    for name in ARGUMENTS {
        let Some(value) = arguments.get(name) else { continue };
        let mut value = value.clone();
        if name == "config" {
            forget_carried(&mut value);
        }
        if value != Value::Object(Map::new()) && value != Value::Bool(false) {
            found.insert(name.to_owned(), value);
        }
    }
    found
}

fn forget_carried(config: &mut Value) {
    let Some(fields) = config.as_object_mut() else { return };
    if let Some(process) = fields.get_mut("process").and_then(Value::as_object_mut) {
        process.retain(|name, _| !CARRIED.contains(&name.as_str()));
        if process.is_empty() {
            fields.remove("process");
        }
    }
}

/// A line for the user; nothing if all is in the image.
pub fn line(found: &Map<String, Value>) -> Option<String> {
    let names: Vec<_> = found.iter().flat_map(|(name, value)| names(name, value)).collect();
    (!names.is_empty()).then(|| {
        format!(
            "an image has no place for {}: whoever runs it decides; the annotation {ANNOTATION} has what was asked for",
            names.join(", ")
        )
    })
}

/// The parts of `config` by their names.
fn names(name: &str, value: &Value) -> Vec<String> {
    match value.as_object() {
        Some(fields) if name == "config" || name.starts_with("config.") && name.matches('.').count() < 2 => {
            fields.iter().flat_map(|(field, value)| names(&format!("{name}.{field}"), value)).collect()
        }
        _ => vec![name.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_image_has_no_place_for_is_named_and_kept() {
        let arguments = json!({
            "args": ["x"],
            "env": { "A": "1" },
            "readonly": true,
            "terminal": false,
            "mounts": { "/data": "/srv" },
            "capabilities": [],
            "limits": { "pids": 100 },
            "config": { "process": { "env": ["B=2"], "noNewPrivileges": false }, "linux": { "resources": { "memory": { "limit": 1 } } } },
        });
        let found = find(&arguments);
        assert_eq!(
            found["config"],
            json!({ "process": { "noNewPrivileges": false }, "linux": { "resources": { "memory": { "limit": 1 } } } })
        );
        let line = line(&found).unwrap();
        assert!(
            line.starts_with(
                "an image has no place for capabilities, config.linux.resources, config.process.noNewPrivileges, limits, mounts, \
                 readonly: "
            ),
            "{line}"
        );
        assert_eq!(super::line(&find(&json!({ "args": ["x"], "config": { "process": { "cwd": "/" } } }))), None);
    }
}
