//! File systems that show a namespace, and what there is in their place where the container cannot mount them.
//!
//! The kernel lets only the owner of a namespace mount a view of it (`user_namespaces(7)`): a process in a user namespace of its
//! own cannot mount the host's processes, network or message queues, but bind what the host has mounted.

use serde_json::{Value, json};

use crate::plan::runtime_config::pattern;

/// Who starts a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privilege {
    /// Root of the host, who owns its namespaces.
    Root,
    /// Whoever is in a user namespace that does not own those of the host.
    Rootless,
}

impl Privilege {
    /// Whether it is root's.
    pub fn is_root(self) -> bool {
        self == Self::Root
    }
}

/// How a file system gets into a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is mounted.
    Mount,
    /// The host's is bound, with everything below it, as the kernel wants it in a user namespace.
    Bind(&'static str),
    /// It is not there: programs work without it, and not every host has one to bind.
    Nothing,
}

/// The options of a bind mount of the host's file system, beside the access to it.
pub const BIND_OPTIONS: [&str; 4] = ["rbind", "nosuid", "noexec", "nodev"];

/// The way of a type of file system into this container.
///
/// Root of the host mounts everything. What it would bind instead would have the host's mounts below it, such as debugfs, and
/// they are writable.
pub fn way(document: &Value, kind: &str, privilege: Privilege) -> Way {
    let (namespace, otherwise) = match kind {
        "proc" => ("pid", Way::Bind("/proc")),
        "sysfs" => ("network", Way::Bind("/sys")),
        // mq_overview(7): queues are there without it.
        "mqueue" => ("ipc", Way::Nothing),
        // Runtimes bind the host's themselves where they cannot mount one.
        _ => return Way::Mount,
    };
    let is_owned = match (joins(document, "user"), joins(document, namespace)) {
        // Made in the user namespace that the container makes or joins; or joined with it, so one owns the other.
        (_, Some(false)) | (Some(true), Some(true)) => true,
        (None, _) => privilege.is_root(),
        (Some(_), _) => false,
    };
    if is_owned { Way::Mount } else { otherwise }
}

/// Whether there is a namespace of this type, and if so, whether the container joins it.
pub fn joins(document: &Value, kind: &str) -> Option<bool> {
    let namespaces = pattern::find(document, "linux.namespaces[]");
    let found = namespaces.iter().find(|namespace| namespace.find("type").is_some_and(|found| found.value() == kind));
    found.map(|namespace| namespace.find("path").is_some_and(|path| path.value() != ""))
}

/// Makes the mounts of a document fit its namespaces: those that show one, whoever asked for them.
pub fn fit_mounts(document: &mut Value, privilege: Privilege) {
    let namespaces = json!({ "linux": { "namespaces": document["linux"]["namespaces"] } });
    let Some(mounts) = document.get_mut("mounts").and_then(Value::as_array_mut) else { return };
    let way_of = |mount: &Value| {
        let options = mount["options"].as_array();
        let is_bind = options.is_some_and(|options| options.iter().any(|it| *it == "bind" || *it == "rbind"));
        let kind = mount["type"].as_str().filter(|_| !is_bind);
        kind.map_or(Way::Mount, |kind| way(&namespaces, kind, privilege))
    };
    mounts.retain(|mount| way_of(mount) != Way::Nothing);
    for mount in mounts {
        if let Way::Bind(source) = way_of(mount) {
            // The file system's own options, such as `hidepid`, are the host's to choose.
            let options = mount["options"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let access = options.filter(|option| matches!(*option, "ro" | "rro")).map(str::to_owned);
            let options: Vec<_> = BIND_OPTIONS.map(str::to_owned).into_iter().chain(access).collect();
            mount["type"] = json!("none");
            mount["source"] = json!(source);
            mount["options"] = json!(options);
        }
    }
}

#[cfg(test)]
mod tests;
