//! The files and directories of a bundle with an owner and a mode, which a store cannot hold: an annotation of config.json has them.

use std::path::PathBuf;

use anyhow::{Context, Result};
use oci_bundle_builder::plan::attributes_by_place::AttributesByPlace;
use oci_bundle_builder::plan::capability::FileCapabilities;
use oci_bundle_builder::plan::file_attributes::ANNOTATION;

use crate::runner::runtime_config::RuntimeConfig;

/// How many of what there is not are named in a line.
const NAMED: usize = 3;

/// A file or directory, as the layer of a run has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedFile {
    /// Where it is, from the root.
    pub place: PathBuf,
    /// The permissions.
    pub mode: u32,
    /// The user, as this process knows it; `None` where it has no such one.
    pub uid: Option<u32>,
    /// The group, likewise.
    pub gid: Option<u32>,
    /// What a program gets from its file.
    pub capabilities: FileCapabilities,
}

/// What the bundle says, in the container's own ids.
///
/// # Errors
/// The annotation is none that a build has written.
pub fn annotated(config: &RuntimeConfig) -> Result<AttributesByPlace> {
    let Some(text) = config["annotations"][ANNOTATION].as_str() else { return Ok(AttributesByPlace::default()) };
    AttributesByPlace::from_annotation(text).with_context(|| format!("config.json: annotations.{ANNOTATION:?}"))
}

/// Whether the bundle says anything.
pub fn is_annotated(config: &RuntimeConfig) -> bool {
    config["annotations"].get(ANNOTATION).is_some()
}

/// The files of a planned container. `available` are the users and groups that this process has, as far as they are not all: so many
/// from 0 on. What belongs to others stays root's, and is told in a line.
///
/// # Errors
/// As for [`annotated`].
pub fn owned_files(config: &RuntimeConfig, available: Option<(u64, u64)>) -> Result<(Vec<OwnedFile>, Option<String>)> {
    let mut lacking = Vec::new();
    let (uids, gids) = available.unwrap_or((u64::MAX, u64::MAX));
    let has = |side: &str, id: u32, count: u64| outer_id(config, side, id).filter(|outer| u64::from(*outer) < count);
    let files = annotated(config)?
        .iter()
        .map(|(place, attributes)| {
            let uid = has("uidMappings", attributes.uid, uids);
            let gid = has("gidMappings", attributes.gid, gids);
            let file = OwnedFile {
                place: place.strip_prefix("/").unwrap_or(place).to_owned(),
                mode: attributes.mode,
                uid: uid.or_else(|| has("uidMappings", 0, uids)),
                gid: gid.or_else(|| has("gidMappings", 0, gids)),
                capabilities: attributes.capabilities,
            };
            if uid.is_none() || gid.is_none() {
                lacking.push(format!("'{}' to {}:{}", place.display(), attributes.uid, attributes.gid));
            }
            file
        })
        .collect();
    let more = if lacking.len() > NAMED { format!(" and {} more", lacking.len() - NAMED) } else { String::new() };
    lacking.truncate(NAMED);
    let line = (!lacking.is_empty())
        .then(|| format!("the container has no such users to give {}{more}: root owns it there", lacking.join(", ")));
    Ok((files, line))
}

/// An id of the container as it is outside of the container's user namespace.
fn outer_id(config: &RuntimeConfig, side: &str, id: u32) -> Option<u32> {
    let Some(namespace) = config.namespaces().find(|namespace| namespace["type"] == "user") else { return Some(id) };
    if namespace.get("path").is_some() {
        return None;
    }
    config["linux"][side].as_array().into_iter().flatten().find_map(|mapping| {
        let number = |name: &str| mapping[name].as_u64();
        let offset = u64::from(id).checked_sub(number("containerID")?)?;
        let outer = number("hostID")?.checked_add(offset)?;
        (offset < number("size")?).then_some(())?;
        u32::try_from(outer).ok().filter(|id| *id != u32::MAX)
    })
}

#[cfg(test)]
mod tests;
