//! The files and directories of a bundle with an owner and a mode, which a store cannot hold: an annotation of config.json has them.

use std::os::fd::AsFd;
use std::path::PathBuf;

use anyhow::{Context, Result};
use oci_bundle_builder::plan::attributes_by_place::AttributesByPlace;
use oci_bundle_builder::plan::capability::FileCapabilities;
use oci_bundle_builder::plan::file_attributes::{ANNOTATION, FileAttributes};
use rustix::fs::{Gid, Mode, Uid};
use rustix::io::Errno;
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

impl OwnedFile {
    /// Whose it is.
    pub fn owner(&self) -> Owner {
        Owner { uid: self.uid, gid: self.gid }
    }
}

/// A user and a group as this process knows them; `None` where it has no such one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    uid: Option<u32>,
    gid: Option<u32>,
}

impl Owner {
    /// The user.
    pub fn user(self) -> Option<Uid> {
        self.uid.map(Uid::from_raw)
    }

    /// The group.
    pub fn group(self) -> Option<Gid> {
        self.gid.map(Gid::from_raw)
    }

    /// Gives it a file, with this mode.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn give(self, file: impl AsFd, mode: u32) -> Result<(), Errno> {
        // A change of the owner takes the bits of set-user-ID away (chown(2)).
        rustix::fs::fchown(&file, self.user(), self.group())?;
        rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))
    }
}

/// The container's user and its root. What `available` is, [`owned_files`] says.
pub fn users(config: &RuntimeConfig, available: Option<(u64, u64)>) -> [Owner; 2] {
    let ids = IdsHere::new(config, available);
    let id = |name: &str| config["process"]["user"][name].as_u64().and_then(|id| u32::try_from(id).ok()).unwrap_or(0);
    [(id("uid"), id("gid")), (0, 0)]
        .map(|(uid, gid)| Owner { uid: ids.uid(uid).or_else(|| ids.uid(0)), gid: ids.gid(gid).or_else(|| ids.gid(0)) })
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
    let ids = IdsHere::new(config, available);
    let files = annotated(config)?
        .iter()
        .map(|(place, attributes)| {
            let uid = ids.uid(attributes.uid);
            let gid = ids.gid(attributes.gid);
            let file = OwnedFile {
                place: place.strip_prefix("/").unwrap_or(place).to_owned(),
                mode: attributes.mode,
                uid: uid.or_else(|| ids.uid(0)),
                gid: gid.or_else(|| ids.gid(0)),
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

/// The ids of a container as this process knows them.
struct IdsHere {
    uids: OuterIds,
    gids: OuterIds,
    available: (u64, u64),
}

impl IdsHere {
    fn new(config: &RuntimeConfig, available: Option<(u64, u64)>) -> Self {
        let [uids, gids] = ["uidMappings", "gidMappings"].map(|side| OuterIds::new(config, side));
        Self { uids, gids, available: available.unwrap_or((u64::MAX, u64::MAX)) }
    }

    fn uid(&self, id: u32) -> Option<u32> {
        self.uids.of(id).filter(|outer| u64::from(*outer) < self.available.0)
    }

    fn gid(&self, id: u32) -> Option<u32> {
        self.gids.of(id).filter(|outer| u64::from(*outer) < self.available.1)
    }
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
