//! What whoever runs somebody else's bundle should look at first: what of this machine it reaches for.

use serde_json::Value;

use super::mounts;
use crate::nix::store::StorePath;

/// The hooks that run outside of the container (config.md, "POSIX-platform Hooks").
const OUTSIDE: [&str; 5] = ["prestart", "createRuntime", "createContainer", "poststart", "poststop"];

/// The namespaces that keep a container from the machine (config-linux.md, "Namespaces").
const USUAL: [&str; 5] = ["pid", "network", "ipc", "uts", "mount"];

/// A line for each hook that runs on the machine, each directory or file of the machine that is mounted, and each namespace
/// that is not the container's own.
pub fn notes(document: &Value) -> Vec<String> {
    let mut notes = Vec::new();
    for name in OUTSIDE {
        for hook in document["hooks"][name].as_array().into_iter().flatten() {
            notes.push(format!("the hook {name} runs {} on this machine", hook["path"]));
        }
    }
    for mount in mounts::all(document).into_iter().filter(|mount| mount.is_bind() && !is_store_path(mount.source)) {
        if mount.source.starts_with('/') {
            let access = if mount.is_read_only() { "to read" } else { "to read and write" };
            notes.push(format!("'{}' of this machine is mounted at '{}', {access}", mount.source, mount.destination));
        }
    }
    let namespaces: Vec<_> = document["linux"]["namespaces"].as_array().into_iter().flatten().collect();
    for namespace in &namespaces {
        if let (Some(kind), Some(path)) = (namespace["type"].as_str(), namespace["path"].as_str()) {
            notes.push(format!("it joins the {kind} namespace '{path}'"));
        }
    }
    for kind in USUAL.iter().filter(|kind| !namespaces.iter().any(|namespace| namespace["type"] == **kind)) {
        notes.push(format!("it is in this machine's {kind} namespace"));
    }
    notes
}

fn is_store_path(source: &str) -> bool {
    let (store, name) = source.rsplit_once('/').unwrap_or_default();
    store.ends_with("/store") && name.parse::<StorePath>().is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_reaches_for_the_machine_is_listed() {
        let own = USUAL.map(|kind| json!({ "type": kind }));
        let store = "/nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash";
        let plain = json!({
            "hooks": { "startContainer": [{ "path": "/inside" }] },
            "linux": { "namespaces": own },
            "mounts": [
                { "destination": "/proc", "type": "proc" },
                { "destination": store, "source": store, "options": ["rbind", "ro"] },
                { "destination": "/x", "source": "rootfs/x", "options": ["bind"] },
            ],
        });
        assert_eq!(notes(&plain), Vec::<String>::new());
        let reaching = json!({
            "hooks": { "createRuntime": [{ "path": "/bin/a" }], "poststop": [{ "path": "/bin/b" }] },
            "linux": { "namespaces": [{ "type": "network", "path": "/run/netns/x" }, { "type": "mount" }, { "type": "uts" },
                { "type": "ipc" }] },
            "mounts": [
                { "destination": "/a", "source": "/srv", "options": ["rbind"] },
                { "destination": "/b", "source": "/etc", "type": "bind", "options": ["ro"] },
            ],
        });
        assert_eq!(
            notes(&reaching),
            [
                "the hook createRuntime runs \"/bin/a\" on this machine",
                "the hook poststop runs \"/bin/b\" on this machine",
                "'/srv' of this machine is mounted at '/a', to read and write",
                "'/etc' of this machine is mounted at '/b', to read",
                "it joins the network namespace '/run/netns/x'",
                "it is in this machine's pid namespace",
            ]
        );
    }
}
