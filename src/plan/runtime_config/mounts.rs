//! The mounts of a runtime configuration: the defaults, changed as the user asked.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{RuntimeConfig, defaults};
use crate::plan::definition::mount::Destination;
use crate::plan::definition::{Definition, Store};
use crate::plan::derivation::closure::Closure;
use crate::plan::diagnostics::{AttrPath, quoted};
use crate::plan::mounts::{MountSource, Mounts, PlannedMount};
use crate::plan::resolve::closure_files::resolve_in_closure;

/// The mounts of the container: the defaults, changed as the user asked.
pub fn planned_mounts(definition: &Definition, closure: &Closure) -> Mounts {
    let mut namespaces = RuntimeConfig::from(json!({ "linux": defaults::linux(definition.run.network) }));
    namespaces.merge(&json!({ "linux": definition.config["linux"] }));
    let mut mounts = defaults::mounts(&namespaces);
    for (destination, mount) in &definition.mounts {
        match mount {
            Some(mount) => mounts.insert(destination.clone(), mount.clone()),
            None => mounts.remove(destination),
        };
    }
    for (path, directory) in &definition.directories {
        if let Some(mount) = directory.mount(definition.user.owner_of(path)) {
            mounts.insert(Destination::from_valid(path.as_path().as_str()), mount);
        }
    }
    Mounts::new(mounts, closure)
}

/// The list `mounts` in config.json.
///
/// If the bundle has a copy of the closure, what comes from the closure comes from the copy, so that the bundle needs no
/// other store path. The source is relative to the bundle then (config.md, "Mounts": `source`).
///
/// # Errors
/// A source in the closure that cannot be looked at.
pub fn document(mounts: &Mounts, store: Store, closure: &Closure) -> Result<Vec<Value>> {
    let entry = |(destination, planned): (&Destination, &PlannedMount)| {
        let mut entry = planned.mount.document(destination);
        if (store, planned.source) == (Store::Copy, MountSource::Closure) {
            if let Some(copy) = resolve_in_closure(planned.source_path(), closure)? {
                // A link in a package may lead to any bytes, and another name would be another file.
                let copy = copy.to_str().with_context(|| {
                    let (attribute, source) = (mounts_attribute(destination), quoted(&planned.mount.source));
                    let shown = copy.as_os_str().as_encoded_bytes().escape_ascii();
                    format!(
                        "{attribute}: its source {source} leads to \"{shown}\", which is not UTF-8, so \
                         config.json cannot hold it; mount it by another name"
                    )
                })?;
                entry["source"] = format!("rootfs{copy}").into();
            }
        }
        Ok(entry)
    };
    mounts.iter().map(entry).collect()
}

fn mounts_attribute(destination: &Destination) -> AttrPath {
    AttrPath::default().attribute("mounts").attribute(&destination.to_string())
}

#[cfg(test)]
mod tests;
