//! The files and directories of a bundle with an owner and a mode, which a store cannot hold: an annotation of config.json has them.

use std::path::PathBuf;

use anyhow::{Context, Result};
use oci_bundle_builder::plan::attributes_by_place::AttributesByPlace;
use oci_bundle_builder::plan::capability::FileCapabilities;
use oci_bundle_builder::plan::file_attributes::{ANNOTATION, FileAttributes};
use serde_json::Value;

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
/// from 0 on. What belongs to others stays root's, and is told in a line, unless everybody may write to it.
///
/// # Errors
/// As for [`annotated`].
pub fn owned_files(config: &RuntimeConfig, available: Option<(u64, u64)>) -> Result<(Vec<OwnedFile>, Option<String>)> {
    let mut lacking = Vec::new();
    let (uids, gids) = available.unwrap_or((u64::MAX, u64::MAX));
    let [uid_map, gid_map] = ["uidMappings", "gidMappings"].map(|side| OuterIds::new(config, side));
    let uid_here = |id| uid_map.of(id).filter(|outer| u64::from(*outer) < uids);
    let gid_here = |id| gid_map.of(id).filter(|outer| u64::from(*outer) < gids);
    let files = annotated(config)?
        .iter()
        .map(|(place, attributes)| {
            let uid = uid_here(attributes.uid);
            let gid = gid_here(attributes.gid);
            let file = OwnedFile {
                place: place.strip_prefix("/").unwrap_or(place).to_owned(),
                mode: attributes.mode,
                uid: uid.or_else(|| uid_here(0)),
                gid: gid.or_else(|| gid_here(0)),
                capabilities: attributes.capabilities,
            };
            if (uid.is_none() || gid.is_none()) && !is_everybodys(attributes) {
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

/// Whether it is all the same whose a directory is: everybody writes to it, as to /tmp.
fn is_everybodys(attributes: FileAttributes) -> bool {
    attributes == FileAttributes::new(0o1777)
}

/// What the ids of a container are outside of its user namespace.
enum OuterIds {
    /// The same: it has none of its own.
    Same,
    /// Those of mappings: the first inside, the first outside, and how many. None are known of a namespace that it joins.
    Mapped(Vec<(u64, u64, u64)>),
}

impl OuterIds {
    fn new(config: &RuntimeConfig, side: &str) -> Self {
        let Some(namespace) = config.namespaces().find(|namespace| namespace["type"] == "user") else {
            return Self::Same;
        };
        if namespace.get("path").is_some() {
            return Self::Mapped(Vec::new());
        }
        let mapping = |mapping: &Value| {
            let number = |name: &str| mapping[name].as_u64();
            Some((number("containerID")?, number("hostID")?, number("size")?))
        };
        Self::Mapped(config["linux"][side].as_array().into_iter().flatten().filter_map(mapping).collect())
    }

    fn of(&self, id: u32) -> Option<u32> {
        let Self::Mapped(mappings) = self else { return Some(id) };
        mappings.iter().find_map(|(inside, outside, size)| {
            let offset = u64::from(id).checked_sub(*inside).filter(|offset| offset < size)?;
            u32::try_from(outside.checked_add(offset)?).ok().filter(|id| *id != u32::MAX)
        })
    }
}

#[cfg(test)]
mod tests;
