//! What whoever runs somebody else's bundle should look at first: what of this host it reaches for.

use std::collections::BTreeSet;

use camino::Utf8Path;
use serde_json::Value;

use crate::runner::file_systems::{self, VIRTUAL};
use crate::runner::runtime_config::{Mount, RuntimeConfig, normal};
use oci_bundle_builder::plan::derivation::store::StorePath;

/// The hooks that run outside of the container (config.md, "POSIX-platform Hooks").
const OUTSIDE: [&str; 5] = ["prestart", "createRuntime", "createContainer", "poststart", "poststop"];

/// The namespaces that keep a container from the host (config-linux.md, "Namespaces").
const USUAL: [&str; 6] = ["cgroup", "pid", "network", "ipc", "uts", "mount"];

/// What of a proc root changes the host with (proc(5)).
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

/// A line for each hook that runs on the host, each directory or file of the host that is mounted, each namespace that is not
/// the container's own, and whatever else lets a container reach the host.
pub fn notes(config: &RuntimeConfig) -> Vec<String> {
    let parts = [
        hooks(config),
        bind_mounts(config),
        file_systems_of_disks(config),
        writable_parts(config),
        devices(config),
        device_rules(config),
        paths(config),
        annotations(config),
        capabilities(config),
        namespaces(config),
    ];
    parts.concat()
}

fn hooks(config: &RuntimeConfig) -> Vec<String> {
    let all = OUTSIDE.iter().flat_map(|name| {
        let hooks = config["hooks"][name].as_array().into_iter().flatten();
        hooks.map(move |hook| (name, hook))
    });
    let note = |(name, hook): (&&str, &Value)| {
        let more = ["args", "env"].iter().filter_map(|field| Some(format!(", {field} {}", hook.get(field)?)));
        format!("the hook {name} runs {}{} on the host", hook["path"], more.collect::<String>())
    };
    all.map(note).collect()
}

fn bind_mounts(config: &RuntimeConfig) -> Vec<String> {
    let is_of_host = |mount: &Mount<'_>| {
        mount.is_bind() && !is_kept_store_path(mount) && mount.path_in_root(config.root_path()).is_none()
    };
    let note = |mount: Mount<'_>| {
        let access = if mount.has(&["rro"]) || !mount.is_recursive() && mount.is_read_only() {
            "to read"
        } else if mount.is_read_only() {
            "to read, and to write to what is mounted below it"
        } else {
            "to read and write"
        };
        let [source, destination] = [mount.source, mount.destination].map(quoted);
        format!("{source} of the host is mounted at {destination}, {access}")
    };
    config.mounts().into_iter().filter(is_of_host).map(note).collect()
}

fn file_systems_of_disks(config: &RuntimeConfig) -> Vec<String> {
    let is_of_disk = |mount: &Mount<'_>| !mount.is_bind() && !VIRTUAL.contains(&mount.kind());
    let note = |mount: Mount<'_>| {
        let directories = file_systems::directories(&mount).map(|(name, list)| format!(", {name}={list}"));
        let directories: String = directories.collect();
        let [kind, source, destination] = [mount.kind(), mount.source, mount.destination].map(quoted);
        format!("a file system {kind} of {source}{directories} is mounted at {destination}")
    };
    config.mounts().into_iter().filter(is_of_disk).map(note).collect()
}

fn devices(config: &RuntimeConfig) -> Vec<String> {
    let note = |device: &Value| {
        let [kind, major, minor] = ["type", "major", "minor"].map(|field| device.get(field).unwrap_or(&Value::Null));
        format!("it gets the device {} ({kind} {major}:{minor})", device["path"])
    };
    config.devices().map(note).collect()
}

fn paths(config: &RuntimeConfig) -> Vec<String> {
    let fields = [
        ("linux.cgroupsPath", &config["linux"]["cgroupsPath"]),
        ("linux.seccomp.listenerPath", &config["linux"]["seccomp"]["listenerPath"]),
    ];
    fields.into_iter().filter_map(|(field, value)| Some(format!("{field} is '{}'", value.as_str()?))).collect()
}

fn annotations(config: &RuntimeConfig) -> Vec<String> {
    let all = config["annotations"].as_object().into_iter().flatten();
    let acted_on = all.filter(|(name, _)| OF_RUNTIMES.iter().any(|prefix| name.starts_with(prefix)));
    acted_on.map(|(name, value)| format!("the annotation {name} is {value}, which runtimes act on")).collect()
}

fn capabilities(config: &RuntimeConfig) -> Vec<String> {
    let names = config.capabilities().map(|(_, name)| name);
    let powerful: BTreeSet<_> = names.filter(|name| !USUAL_CAPABILITIES.contains(name)).collect();
    if powerful.is_empty() {
        return Vec::new();
    }
    let powerful: Vec<_> = powerful.into_iter().collect();
    vec![format!("it has {}, which few containers need; some of these let it reach the host", powerful.join(", "))]
}

fn namespaces(config: &RuntimeConfig) -> Vec<String> {
    let joined = config.namespaces().filter_map(|namespace| {
        let (kind, path) = (namespace["type"].as_str()?, namespace["path"].as_str()?);
        Some(format!("it joins the {kind} namespace '{path}'"))
    });
    let has = |kind: &str| config.namespaces().any(|namespace| namespace["type"] == kind);
    let shared = USUAL.iter().filter(|kind| !has(kind)).map(|kind| format!("it shares the host's {kind} namespace"));
    joined.chain(shared).collect()
}

/// A text in quotes that it cannot end.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "\\'"))
}

/// Which of the host's devices the container may use, if it has or makes a node of them.
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
