//! The mounts of a container: what no run can follow, and what nobody gets who does not ask for it.

use anyhow::{Result, bail};
use serde_json::json;

use super::document::RuntimeConfig;
use super::mount::{Mount, normal};

/// Checks that each mount says what is where, and nothing of others.
///
/// # Errors
/// One that changes another mount, or whose destination runtimes look for in different ways.
pub fn check(config: &RuntimeConfig) -> Result<()> {
    for mount in config.mounts() {
        let (index, destination) = (mount.index, mount.destination);
        if mount.has(&["remount"]) {
            bail!("mounts.{index}.options: found 'remount', which changes another mount; give that one its options");
        }
        if destination.split('/').any(|name| name == "..") {
            bail!("mounts.{index}.destination: found '{destination}', want a path without '..'");
        }
    }
    Ok(())
}

/// Takes set-user-id bits and device nodes of bind mounts out of effect, unless an option asks for them, or for what is below
/// `/dev` itself.
pub fn guard(config: &mut RuntimeConfig) {
    // A relative one is in the bundle.
    let of_devices = |source: &str| source.starts_with('/') && normal(source).is_some_and(|it| it.starts_with("/dev"));
    let mut added = Vec::new();
    for mount in config.mounts().into_iter().filter(Mount::is_bind) {
        let needs = |on: &[&str], off: &[&str]| !mount.has(on) && !mount.has(off);
        if needs(&["suid", "rsuid"], &["nosuid", "rnosuid"]) {
            added.push((mount.index, "nosuid"));
        }
        if needs(&["dev", "rdev"], &["nodev", "rnodev"]) && !of_devices(mount.source) {
            added.push((mount.index, "nodev"));
        }
    }
    for (index, option) in added {
        config.mount_options_mut(index).into_iter().for_each(|options| options.push(json!(option)));
    }
}

#[cfg(test)]
mod tests;
