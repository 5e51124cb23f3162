//! The document `config.json` (OCI runtime spec, config.md).

mod capabilities;
mod check;
mod defaults;
mod devices;
mod elsewhere;
pub mod fit;
pub mod ids;
mod limits;
pub mod mounts;
mod namespaces;
mod places;
mod relations;
pub mod schema;
mod seccomp;
mod semantics;
mod signals;
mod unset;
mod unsigned;
mod values;
mod version;

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Value, json};

use self::mounts::Mounts;
use self::seccomp::Filter;
use crate::container::process::{self, LONGEST_HOSTNAME};
use crate::container::{Container, Store};
use crate::field::{AttrPath, Field, Mistake};
use crate::nix::closure::Closure;
use crate::path::ContainerPath;
use crate::rootfs::tree::Tree;

/// The document for a container of this `name` with these `mounts`.
///
/// The mounts stand in the order of their destinations: a runtime mounts them in the order listed, so a parent has to
/// come before its children (config.md, "Mounts").
///
/// # Errors
/// A [`Mistake`] in the arguments `config` and `seccomp`; what of the closure cannot be looked at.
pub fn document(container: &Container, name: &str, mounts: &Mounts, closure: &Closure) -> Result<Value> {
    let filter = Filter::new(container)?;
    let mut document = json!({
        "hostname": container.hostname.as_deref().unwrap_or(hostname(name)),
        "root": { "path": "rootfs", "readonly": container.readonly },
        "process": process(container, closure),
        "mounts": mounts::document(mounts, container.store, closure)?,
        "linux": defaults::linux(),
    });
    filter.put_into(&mut document);
    json_patch::merge(&mut document, &container.config);
    unsigned::write(&mut document);
    devices::write(&mut document);
    unset::leave_out(&mut document);
    let asked = document.get("ociVersion").is_some();
    if !asked {
        document["ociVersion"] = version::lowest(&document).into();
    }
    validate(&document).map_err(|mistake| filter.explain(mistake))?;
    if !mounts.is_empty() || container.store == Store::Mount {
        namespaces::hold_mounts(&document)?;
    }
    filter.resolve(&mut document, &container.system);
    if asked {
        // What the user gave was checked above: here it is about the default filter.
        version::check(&document).map_err(|_| seccomp::too_new(&document))?;
    } else {
        document["ociVersion"] = version::lowest(&document).into();
    }
    Ok(document)
}

/// Checks what the user can have made wrong.
fn validate(document: &Value) -> Result<(), Mistake> {
    capabilities::check(document)?;
    check::check(document)?;
    semantics::check(document)?;
    version::check(document)
}

/// Adds the mounts of a store that is not copied. There may be thousands, and none can be wrong, so the checked document
/// does not have them.
///
/// # Errors
/// As for [`mounts::document`].
pub fn mount_store(document: &mut Value, mounts: &Mounts, rootfs: &Tree<'_>) -> Result<()> {
    let mounts = mounts::with_store(mounts, rootfs);
    document["mounts"] = mounts::document(&mounts, Store::Mount, rootfs.closure())?.into();
    Ok(())
}

/// Where the process starts, as the document has it after the patch.
///
/// # Errors
/// A [`Mistake`] if it cannot be made.
pub fn cwd(document: &Value) -> Result<ContainerPath, Mistake> {
    let asked = places::find(document, "process.cwd").first().map(process::decode_cwd);
    asked.unwrap_or(Ok(ContainerPath::root()))
}

/// The devices that the document has, each with its attribute; `None` where a runtime makes none, as the mounts are not the
/// container's own.
///
/// # Errors
/// A [`Mistake`] in a path.
pub fn devices(document: &Value) -> Result<Option<Vec<(AttrPath, ContainerPath)>>, Mistake> {
    if namespaces::hold_mounts(document).is_err() {
        return Ok(None);
    }
    let decode = |field: Field<'_>| {
        let path = ContainerPath::parse(field.string()?, "a device's path");
        Ok((field.path().clone(), path.map_err(|reason| Mistake::new(field.path(), reason))?))
    };
    places::find(document, "linux.devices[].path").into_iter().map(decode).collect::<Result<_, _>>().map(Some)
}

/// Where the user wrote the program that the document has.
pub fn attribute_of_program(container: &Container) -> AttrPath {
    let patched = container.config["process"].get("args").is_some();
    let parent = if patched { places::root().attribute("process") } else { AttrPath::default() };
    parent.attribute("args").element(0)
}

fn process(container: &Container, closure: &Closure) -> Value {
    let mut process = defaults::privileges(defaults::open_files(container, closure));
    let home = container.user.patched(&container.config).home().to_string();
    let mut environment = BTreeMap::from([("PATH", Some(defaults::PATH))]);
    if container.base_files {
        environment.insert("HOME", Some(&home));
    }
    environment.extend(container.env.iter().map(|(name, value)| (name.as_str(), value.as_deref())));
    let environment = environment.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
    process["args"] = json!(container.args);
    process["cwd"] = json!(container.cwd.to_string());
    process["env"] = environment.collect();
    process["terminal"] = json!(container.terminal);
    process["user"] = container.user.document();
    process
}

/// Store path names are ASCII, so any byte is a place to cut.
fn hostname(name: &str) -> &str {
    name.get(..LONGEST_HOSTNAME).unwrap_or(name)
}

#[cfg(test)]
mod tests;
