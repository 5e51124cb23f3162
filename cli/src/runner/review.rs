//! What whoever runs somebody else's bundle should look at first: what of this machine it reaches for.

use std::collections::BTreeSet;

use camino::Utf8Path;
use serde_json::Value;

use crate::runner::file_systems::{self, VIRTUAL};
use crate::runner::runtime_config::{Mount, RuntimeConfig, normal};
use oci_bundle_builder::plan::derivation::store::StorePath;

/// The hooks that run outside of the container (config.md, "POSIX-platform Hooks").
const OUTSIDE: [&str; 5] = ["prestart", "createRuntime", "createContainer", "poststart", "poststop"];

/// The namespaces that keep a container from the machine (config-linux.md, "Namespaces").
const USUAL: [&str; 6] = ["cgroup", "pid", "network", "ipc", "uts", "mount"];

/// What of a proc root changes the machine with (proc(5)).
const CHANGING_PROC: [&str; 5] = ["bus", "fs", "irq", "sys", "sysrq-trigger"];

/// What the names of annotations begin with that change what a runtime does (crun(1), "Annotations"; runc, docs/systemd.md).
const OF_RUNTIMES: [&str; 2] = ["run.oci.", "org.systemd.property."];

/// The capabilities that Docker gives a container.
const USUAL_CAPABILITIES: [&str; 14] = [
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

/// A line for each hook that runs on the machine, each directory or file of the machine that is mounted, and each namespace
/// that is not the container's own.
pub fn notes(config: &RuntimeConfig) -> Vec<String> {
    let mut notes = Vec::new();
    for name in OUTSIDE {
        for hook in config["hooks"][name].as_array().into_iter().flatten() {
            let more = ["args", "env"].iter().filter_map(|field| Some(format!(", {field} {}", hook.get(field)?)));
            notes.push(format!("the hook {name} runs {}{} on the host", hook["path"], more.collect::<String>()));
        }
    }
    let root = config.root_path();
    for mount in config.mounts().into_iter().filter(|mount| mount.is_bind() && !is_kept_store_path(mount)) {
        if mount.path_in_root(root).is_none() {
            let access = if mount.has(&["rro"]) || !mount.is_recursive() && mount.is_read_only() {
                "to read"
            } else if mount.is_read_only() {
                "to read, and to write to what is mounted below it"
            } else {
                "to read and write"
            };
            let [source, destination] = [mount.source, mount.destination].map(quoted);
            notes.push(format!("{source} of the host is mounted at {destination}, {access}"));
        }
    }
    for mount in config.mounts().into_iter().filter(|mount| !mount.is_bind() && !VIRTUAL.contains(&mount.kind())) {
        let directories = file_systems::directories(&mount).map(|(name, list)| format!(", {name}={list}"));
        let directories: String = directories.collect();
        notes.push(format!(
            "a file system {} of {}{directories} is mounted at {}",
            quoted(mount.kind()),
            quoted(mount.source),
            quoted(mount.destination)
        ));
    }
    notes.extend(writable_parts(config));
    for device in config.devices() {
        let [kind, major, minor] = ["type", "major", "minor"].map(|field| device.get(field).unwrap_or(&Value::Null));
        notes.push(format!("it gets the device {} ({kind} {major}:{minor})", device["path"]));
    }
    notes.extend(device_rules(config));
    for (field, value) in [
        ("linux.cgroupsPath", &config["linux"]["cgroupsPath"]),
        ("linux.seccomp.listenerPath", &config["linux"]["seccomp"]["listenerPath"]),
    ] {
        if let Some(path) = value.as_str() {
            notes.push(format!("{field} is '{path}'"));
        }
    }
    for (name, value) in config["annotations"].as_object().into_iter().flatten() {
        if OF_RUNTIMES.iter().any(|prefix| name.starts_with(prefix)) {
            notes.push(format!("the annotation {name} is {value}, which runtimes act on"));
        }
    }
    let powerful: BTreeSet<_> =
        config.capabilities().map(|(_, name)| name).filter(|name| !USUAL_CAPABILITIES.contains(name)).collect();
    if !powerful.is_empty() {
        let powerful: Vec<_> = powerful.into_iter().collect();
        notes.push(format!(
            "it has {}, which few containers need; some of these let it reach the host",
            powerful.join(", ")
        ));
    }
    let namespaces: Vec<_> = config.namespaces().collect();
    for namespace in &namespaces {
        if let (Some(kind), Some(path)) = (namespace["type"].as_str(), namespace["path"].as_str()) {
            notes.push(format!("it joins the {kind} namespace '{path}'"));
        }
    }
    for kind in USUAL.iter().filter(|kind| !namespaces.iter().any(|namespace| namespace["type"] == **kind)) {
        notes.push(format!("it shares the host's {kind} namespace"));
    }
    notes
}

/// A text in quotes that it cannot end.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "\\'"))
}

/// Which of the machine's devices the container may use, if it has or makes a node of them.
fn device_rules(config: &RuntimeConfig) -> Vec<String> {
    let rules: Vec<_> = config["linux"]["resources"]["devices"].as_array().into_iter().flatten().collect();
    let is_allowed = |rule: &&&Value| {
        // To make a node is not to use it.
        rule["allow"] == true && rule["access"].as_str().is_none_or(|access| access.contains(['r', 'w']))
    };
    let mut notes: Vec<_> =
        rules.iter().filter(is_allowed).map(|rule| format!("it may use the devices of the rule {rule}")).collect();
    let denies_all = rules.first().is_some_and(|rule| {
        let is_any = ["type", "major", "minor"].iter().all(|field| rule.get(field).is_none_or(|value| value == "a"));
        rule["allow"] == false && is_any && rule["access"].as_str().is_none_or(|access| access == "rwm")
    });
    if !denies_all && config.has_capability("CAP_MKNOD") {
        notes.push("it can make device nodes, and no first rule denies them all".to_owned());
    }
    notes
}

/// What of the kernel root could change through the container's file systems: in a user namespace of its own it is not root, unless
/// it is mapped to it.
fn writable_parts(config: &RuntimeConfig) -> Vec<String> {
    let namespaces = config.namespaces();
    let is_mapped = |side: &str| {
        let mappings = config["linux"][side].as_array().into_iter().flatten();
        mappings.into_iter().any(|mapping| mapping["hostID"] == 0)
    };
    let is_user = |namespace: &Value| namespace["type"] == "user" && namespace.get("path").is_none();
    if namespaces.into_iter().any(is_user) && !is_mapped("uidMappings") {
        return Vec::new();
    }
    let sealed = ["maskedPaths", "readonlyPaths"].map(|list| config["linux"][list].as_array());
    let is_sealed = |path: &Utf8Path| {
        let paths = sealed.iter().flatten().flat_map(|paths| paths.iter()).filter_map(Value::as_str);
        paths.filter_map(normal).any(|sealed| path.starts_with(sealed))
    };
    let mut parts = Vec::new();
    for mount in config.mounts().into_iter().filter(|mount| !mount.is_bind() && !mount.is_read_only()) {
        let Some(place) = mount.place() else { continue };
        let part = match mount.kind() {
            "proc" if CHANGING_PROC.iter().all(|name| is_sealed(&place.join(name))) => continue,
            "proc" => "the settings of the host's kernel",
            "sysfs" => "the devices of the host",
            "cgroup" | "cgroup2" => "cgroups",
            _ => continue,
        };
        parts.push(format!("root can change {part} at '{}'", mount.destination));
    }
    parts
}

/// Whether a mount shows a store path, which everybody can read, and nothing can be written to it. A link that is one may lead
/// anywhere.
fn is_kept_store_path(mount: &Mount<'_>) -> bool {
    let (store, name) = mount.source.rsplit_once('/').unwrap_or_default();
    let is_named = mount.is_read_only() && store == "/nix/store" && name.parse::<StorePath>().is_ok();
    is_named && rustix::fs::readlink(mount.source, Vec::new()).is_err()
}

#[cfg(test)]
mod tests;
