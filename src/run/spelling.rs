//! Names of fields that a runtime would take for others: runc's decoder does not mind the case of letters, nor a long s.

use serde_json::Value;

/// The fields that this program looks at, or that reach for the machine.
const NAMES: [&str; 36] = [
    "additionalGids",
    "ambient",
    "args",
    "bounding",
    "capabilities",
    "cgroupsPath",
    "cwd",
    "destination",
    "devices",
    "effective",
    "env",
    "gid",
    "gidMappings",
    "hooks",
    "inheritable",
    "linux",
    "listenerPath",
    "mounts",
    "namespaces",
    "options",
    "path",
    "permitted",
    "poststart",
    "poststop",
    "prestart",
    "process",
    "readonly",
    "resources",
    "root",
    "rootfsPropagation",
    "seccomp",
    "source",
    "type",
    "uid",
    "uidMappings",
    "user",
];

/// Fields whose own fields have names that anybody may choose.
const FREE: [&str; 5] = ["annotations", "netDevices", "rdma", "sysctl", "unified"];

/// The first field whose name a runtime may take for another one, with that one.
pub fn find_foreign(value: &Value) -> Option<(String, &'static str)> {
    match value {
        Value::Array(list) => list.iter().find_map(find_foreign),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let folded = fold(name);
            let taken_for = NAMES.into_iter().find(|known| *known != name && fold(known) == folded);
            match taken_for {
                Some(known) => Some((name.clone(), known)),
                None if FREE.contains(&name.as_str()) => None,
                None => find_foreign(value),
            }
        }),
        _ => None,
    }
}

/// Small letters, and the plain ones for the two that fold to ASCII (Unicode, `CaseFolding.txt`).
fn fold(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).map(|c| if c == '\u{17f}' { 's' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_that_differs_in_case_is_found() {
        for name in ["Mounts", "MOUNTS", "mount\u{17f}"] {
            assert_eq!(find_foreign(&json!({ name: [] })), Some((name.to_owned(), "mounts")));
        }
        assert_eq!(find_foreign(&json!({ "linux": { "Devices": [] } })), Some(("Devices".to_owned(), "devices")));
        assert_eq!(
            find_foreign(&json!([{ "\u{212a}": 1, "mounts": [{ "Source": "/" }] }])),
            Some(("Source".to_owned(), "source"))
        );
        assert_eq!(
            find_foreign(&json!({ "mounts": [], "annotations": { "Path": "x" }, "sysctl": { "User": "" } })),
            None
        );
    }
}
