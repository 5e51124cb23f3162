//! What is mounted, by default, for the user, and for the store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::defaults;
use crate::container::mount::{Destination, Mount};
use crate::container::{Container, Store};
use crate::field::{AttrPath, quoted};
use crate::nix::closure::Closure;
use crate::rootfs::originals::in_store;
use crate::rootfs::resolve::{self, Look, Seen};
use crate::rootfs::tree::Tree;

/// Mounts by destination, a parent before what is below it.
pub type Mounts = BTreeMap<Destination, Mount>;

/// The mounts of the container: the defaults, changed as the user asked.
///
/// What comes from the closure is mounted read-only unless the user says `rw`: it is the host's store, which a container
/// that runs as its owner could otherwise write to.
pub fn of(container: &Container, closure: &Closure) -> Mounts {
    let mut linux = json!({ "linux": defaults::linux() });
    json_patch::merge(&mut linux, &json!({ "linux": container.config["linux"] }));
    let mut mounts = defaults::mounts(&linux);
    for (destination, mount) in &container.mounts {
        match mount {
            Some(mount) if mount.is_bind() && closure.has(mount.source.as_ref()) => {
                mounts.insert(destination.clone(), mount.clone().read_only_by_default())
            }
            Some(mount) => mounts.insert(destination.clone(), mount.clone()),
            None => mounts.remove(destination),
        };
    }
    mounts
}

/// These mounts, and one for each store path: nothing in a store is a device, or has a set-user-id bit, as Nix takes it
/// away. Symbolic links, which cannot be mounted, are in the root filesystem.
pub fn with_store(mounts: &Mounts, rootfs: &Tree<'_>) -> Mounts {
    let store = rootfs.mountable().map(|path| {
        // Nothing is lost: NIX_STORE is UTF-8, and names of store paths are ASCII.
        let path = path.to_string_lossy();
        (Destination::made_of(&path), Mount::read_only_bind(&path))
    });
    store.chain(mounts.clone()).collect()
}

/// The list `mounts` in config.json.
///
/// If the bundle has a copy of the closure, what comes from the closure comes from the copy, so that the bundle needs no
/// other store path. The source is relative to the bundle then (config.md, "Mounts": `source`).
///
/// # Errors
/// A source in the closure that cannot be looked at.
pub fn document(mounts: &Mounts, store: Store, closure: &Closure) -> Result<Vec<Value>> {
    let entry = |(destination, mount): (&Destination, &Mount)| {
        let mut entry = mount.document(destination);
        if store == Store::Copy && mount.is_bind() {
            if let Some(copy) = copy_of(Path::new(&mount.source), closure)? {
                // A link in a package may lead to any bytes, and another name would be another file.
                let copy = copy.to_str().with_context(|| {
                    let (attribute, source) = (mounts_attribute(destination), quoted(&mount.source));
                    let shown = copy.as_os_str().as_encoded_bytes().escape_ascii();
                    format!("{attribute}: its source {source} leads to \"{shown}\", which is not UTF-8, as config.json is; mount it by another name")
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

/// Where in the root filesystem a path of the closure has its copy, all links followed. A link to the host has none; and
/// what is not there is said where its mount point is made.
fn copy_of(source: &Path, closure: &Closure) -> Result<Option<PathBuf>> {
    if !closure.has(source) {
        return Ok(None);
    }
    let resolved = resolve::if_anywhere(&Originals(closure), source)?;
    let copy = resolved.filter(|found| closure.has(&found.place) && found.seen != Seen::Nothing);
    Ok(copy.map(|found| found.place))
}

/// The closure where it is now.
struct Originals<'c>(&'c Closure);

impl Look for Originals<'_> {
    type At<'l>
        = ()
    where
        Self: 'l;

    fn root(&self) {}

    fn step(&self, (): &(), place: &Path) -> Result<(Seen, ())> {
        let seen = if self.0.has(place) {
            in_store(place)?
        } else if self.0.store_dir().to_path().starts_with(place) {
            Seen::Directory
        } else {
            Seen::Nothing
        };
        Ok((seen, ()))
    }
}

#[cfg(test)]
mod tests;
