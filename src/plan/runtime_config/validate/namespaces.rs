//! What of a document needs a namespace, as no runtime changes that of the host.

use serde_json::Value;

use crate::plan::diagnostics::{ArgumentError, Field};
use crate::plan::runtime_config::RuntimeConfig;
use crate::plan::runtime_config::pattern;

/// Which namespaces are enough.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// One that is made for the container.
    Own,
    /// That, or one that it joins.
    Any,
}

/// Fields that need a namespace of this type.
/// Source: config-linux.md, "Offset for Time Namespace" and "Network Devices"; runc's `configs/validate` for the others, of
/// which crun refuses `hostname` too.
const NEEDS: [(&str, &str, Whose); 8] = [
    ("linux.timeOffsets", "time", Whose::Own),
    ("linux.netDevices", "network", Whose::Any),
    ("hostname", "uts", Whose::Any),
    ("domainname", "uts", Whose::Any),
    ("linux.maskedPaths", "mount", Whose::Any),
    ("linux.readonlyPaths", "mount", Whose::Any),
    ("linux.uidMappings", "user", Whose::Any),
    ("linux.gidMappings", "user", Whose::Any),
];

/// Kernel parameters that a namespace has for itself; the name of one is all, or the start, as the dot at its end shows.
/// Source: namespaces(7), and runc's and crun's checks of `sysctl`.
const PARAMETERS: [(&str, &str); 11] = [
    ("fs.mqueue.", "ipc"),
    ("kernel.domainname", "uts"),
    ("kernel.msgmax", "ipc"),
    ("kernel.msgmnb", "ipc"),
    ("kernel.msgmni", "ipc"),
    ("kernel.sem", "ipc"),
    ("kernel.shm_rmid_forced", "ipc"),
    ("kernel.shmall", "ipc"),
    ("kernel.shmmax", "ipc"),
    ("kernel.shmmni", "ipc"),
    ("net.", "network"),
];

/// Checks that what needs a namespace has it.
///
/// # Errors
/// An [`ArgumentError`] at what lacks it.
pub fn check(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    // Other platforms have a hostname, and no namespaces.
    if ["windows", "solaris", "freebsd", "vm", "zos"].iter().any(|platform| config.get(platform).is_some()) {
        return Ok(());
    }
    for (pattern, kind, whose) in NEEDS {
        for field in config.find(pattern).iter().filter(|field| !is_empty(field)) {
            if !has(config, kind, whose) {
                let own = if whose == Whose::Own { " of the container's own" } else { "" };
                return Err(lacks(field, kind, own));
            }
        }
    }
    for parameters in config.find("linux.sysctl") {
        for (name, parameter) in parameters.attributes()? {
            check_parameter(config, name, &parameter)?;
        }
    }
    Ok(())
}

/// Checks that mounts are the container's own: without a namespace for them, a runtime mounts them on the host, where
/// they stay when the container has ended.
///
/// # Errors
/// An [`ArgumentError`] at the namespaces.
pub fn hold_mounts(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    if has(config, "mount", Whose::Any) {
        return Ok(());
    }
    let path = pattern::root().attribute("linux").attribute("namespaces");
    let problem = "the container needs a mount namespace, or its mounts would be made on the host and stay there; \
                   add { type = \"mount\"; }";
    Err(ArgumentError::new(&path, problem))
}

fn check_parameter(config: &RuntimeConfig, name: &str, field: &Field<'_>) -> Result<(), ArgumentError> {
    // sysctl(8) takes slashes in place of the dots.
    let name = if name.find(['/', '.']).is_some_and(|at| name[at..].starts_with('/')) {
        name.replace('.', "\0").replace('/', ".")
    } else {
        name.to_owned()
    };
    if name == "kernel.hostname" {
        return Err(ArgumentError::new(field.path(), "use the argument 'hostname' instead"));
    }
    let is_it = |parameter: &str| name == parameter || parameter.ends_with('.') && name.starts_with(parameter);
    match PARAMETERS.iter().find(|(parameter, _)| is_it(parameter)) {
        Some((_, kind)) if !has(config, kind, Whose::Any) => Err(lacks(field, kind, "")),
        Some(_) => Ok(()),
        // A virtual machine (config-vm.md) has a kernel of its own.
        None if config.get("vm").is_some() => Ok(()),
        None => {
            let problem = "belongs to no namespace, so runtimes do not set it; set it on the host";
            Err(ArgumentError::new(field.path(), problem))
        }
    }
}

fn is_empty(field: &Field<'_>) -> bool {
    match field.value() {
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn has(config: &RuntimeConfig, kind: &str, whose: Whose) -> bool {
    config.find("linux.namespaces[]").iter().any(|namespace| {
        namespace.find("type").is_some_and(|found| found.value() == kind)
            && (whose == Whose::Any || namespace.find("path").is_none())
    })
}

fn lacks(field: &Field<'_>, kind: &str, own: &str) -> ArgumentError {
    let article = if kind == "ipc" { "an" } else { "a" };
    let problem = format!(
        "needs {article} {kind} namespace{own}; add {{ type = \"{kind}\"; }} to config.linux.namespaces, or set {} = null",
        field.path()
    );
    ArgumentError::new(field.path(), problem)
}
