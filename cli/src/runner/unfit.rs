//! What a document may ask a runtime for, and no run can give it.

use anyhow::{Result, bail};
use serde_json::Value;

/// Looks for it.
///
/// # Errors
/// A capability in a spelling that runtimes read in different ways, a mount namespace that is joined, and a cgroup elsewhere.
pub fn check(document: &Value) -> Result<()> {
    for (set, names) in document["process"]["capabilities"].as_object().into_iter().flatten() {
        let mut names = names.as_array().into_iter().flatten().filter_map(Value::as_str);
        if let Some(name) = names.find(|name| !is_plain(name)) {
            bail!(
                "process.capabilities.{set}: found '{name}', want a name of capabilities(7) in its own spelling, such as \
                 CAP_KILL: some runtimes take any case of letters, and numbers"
            );
        }
    }
    for namespace in document["linux"]["namespaces"].as_array().into_iter().flatten() {
        if let (Some("mount"), Some(path)) = (namespace["type"].as_str(), namespace["path"].as_str()) {
            bail!(
                "linux.namespaces: found the mount namespace '{path}', in which nothing of the run would be there; leave \
                 out its path"
            );
        }
    }
    let cgroup = document["linux"]["cgroupsPath"].as_str().unwrap_or_default();
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
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_no_run_can_give_is_named() {
        let said = |document: Value| check(&document).map_err(|error| error.to_string());
        let plain = json!({
            "process": { "capabilities": { "bounding": ["CAP_SYS_ADMIN", "CAP_CHECKPOINT_RESTORE"] } },
            "linux": { "namespaces": [{ "type": "mount" }, { "type": "network", "path": "/run/netns/x" }] },
        });
        assert_eq!(said(plain), Ok(()));
        for name in ["cap_sys_admin", "21", "CAP_21", "CAP_", "SYS_ADMIN", "CAP_SYS_ADMIN ", "all"] {
            let error = said(json!({ "process": { "capabilities": { "ambient": [name] } } })).unwrap_err();
            assert!(error.starts_with(&format!("process.capabilities.ambient: found '{name}', want ")), "{error}");
        }
        let error = said(json!({ "linux": { "cgroupsPath": "../x" } })).unwrap_err();
        assert_eq!(error, "linux.cgroupsPath: found '../x', want a path without '..'");
        let error = said(json!({ "linux": { "namespaces": [{ "type": "mount", "path": "/proc/1/ns/mnt" }] } }));
        assert!(
            error.unwrap_err().starts_with("linux.namespaces: found the mount namespace '/proc/1/ns/mnt', in which")
        );
    }
}
