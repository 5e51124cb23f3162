//! What a document may ask a runtime for, and no run can give it.

use anyhow::{Result, bail};

use super::document::RuntimeConfig;

/// Looks for it.
///
/// # Errors
/// A capability in a spelling that runtimes read in different ways, a mount namespace that is joined, and a cgroup elsewhere.
pub fn check(config: &RuntimeConfig) -> Result<()> {
    if let Some((set, name)) = config.capabilities().find(|(_, name)| !is_plain(name)) {
        bail!(
            "process.capabilities.{set}: found '{name}', want a name as capabilities(7) spells it, such as CAP_KILL: \
             only some runtimes take other spellings"
        );
    }
    for namespace in config.namespaces() {
        if let (Some("mount"), Some(path)) = (namespace["type"].as_str(), namespace["path"].as_str()) {
            bail!(
                "linux.namespaces: found the mount namespace '{path}', which lacks the mounts of this run; leave out \
                 its path"
            );
        }
    }
    let cgroup = config["linux"]["cgroupsPath"].as_str().unwrap_or_default();
    if cgroup.split('/').any(|name| name == "..") {
        bail!("linux.cgroupsPath: found '{cgroup}', want a path without '..'");
    }
    Ok(())
}

fn is_plain(capability: &str) -> bool {
    let name = capability.strip_prefix("CAP_").unwrap_or_default();
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

#[cfg(test)]
mod tests;
