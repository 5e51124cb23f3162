//! Mounts: where, what and how (OCI runtime spec, config.md, "Mounts").

use std::fmt;

use serde_json::{Value, json};

use super::id_mapping::{self, IdMapping};
use super::{mount_options, volume};
use crate::plan::definition::container_path::ContainerPath;
use crate::plan::diagnostics::{ArgumentError, Field, LAST_ID};
use crate::plan::file_attributes::FileAttributes;

/// A place in the container that something is mounted on: not `/` itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Destination(ContainerPath);

impl Destination {
    /// Normalises `text`: repeated and trailing slashes and `.` mean nothing.
    ///
    /// # Errors
    /// The reason, in words that follow a colon.
    pub fn parse(text: &str) -> Result<Self, String> {
        let path = ContainerPath::parse(text, "a mount's destination")?;
        if path == ContainerPath::root() {
            return Err("a mount on \"/\" would hide the container's program; name a directory below it".to_owned());
        }
        Ok(Self(path))
    }

    /// The destination of a path that is known to be sound.
    pub fn from_valid(path: &str) -> Self {
        Self(ContainerPath::from_valid(path))
    }

    /// Where it is in the container.
    pub fn as_path(&self) -> &ContainerPath {
        &self.0
    }

    /// Whether this is a place somewhere below `other`.
    pub fn is_below(&self, other: &Self) -> bool {
        self.0.is_below(&other.0)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the rootfs holds where a mount goes. A read-only rootfs must hold it before the runtime starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountPoint {
    /// An empty directory.
    Directory,
    /// An empty file.
    File,
}

/// The attributes of an entry of `mounts`.
const ATTRIBUTES: [&str; 6] = ["type", "source", "options", "mountPoint", "uidMappings", "gidMappings"];

/// One entry of `mounts`, without its destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The file system's type; a dummy for bind mounts.
    pub kind: String,
    /// A device, a file or directory for bind mounts, or a dummy.
    pub source: String,
    /// As in fstab(5); see "Linux mount options" in config.md.
    pub options: Vec<String>,
    /// What the rootfs holds at the destination, if the user said it: otherwise what the source is. The builder sees only what is
    /// in the closure; beyond it, whatever is there will do.
    pub mount_point: Option<MountPoint>,
    /// Which users of the source are which in the container; none for the same (config.md, "POSIX-platform Mounts").
    pub uid_mappings: Vec<IdMapping>,
    /// The same for groups.
    pub gid_mappings: Vec<IdMapping>,
}

impl Mount {
    /// A mount of this type, source and options.
    pub fn new(kind: &str, source: &str, options: &[&str]) -> Self {
        Self {
            kind: kind.to_owned(),
            source: source.to_owned(),
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            mount_point: None,
            uid_mappings: Vec::new(),
            gid_mappings: Vec::new(),
        }
    }

    /// A bind mount of a file or directory in which nothing can be changed, and nothing gives rights.
    pub fn read_only_bind(source: &str) -> Self {
        Self::new("bind", source, &["bind", "ro", "nosuid", "nodev"])
    }

    /// Decodes one value of the argument `mounts`: a string, or an attribute set.
    ///
    /// # Errors
    /// An [`ArgumentError`] at the attribute that is wrong.
    pub fn decode(field: &Field<'_>) -> Result<Self, ArgumentError> {
        if field.is_string() {
            let source = existing_source(field)?;
            return match volume::parse(source) {
                Some(volume) => Err(field.unwanted(&volume.in_nix())),
                None => Ok(Self::new("bind", source, &[]).bound()),
            };
        }
        if field.attributes().is_err() {
            return Err(field.unwanted("the path of a directory or file, { type, source, options }, or null"));
        }
        field.only(&ATTRIBUTES, "attribute of a mount")?;
        let kind = field.get("type")?.map(|kind| kind.string()).transpose()?;
        if kind == Some("") {
            return Err(ArgumentError::new(
                &field.path().attribute("type"),
                "found an empty string, want a file system",
            ));
        }
        let source = field.get("source")?;
        let plain = Self {
            kind: String::new(),
            source: String::new(),
            options: field.get("options")?.map_or(Ok(Vec::new()), |options| options.strings())?,
            mount_point: field.get("mountPoint")?.map(|point| mount_point(&point)).transpose()?,
            uid_mappings: id_mapping::decode(field.get("uidMappings")?)?,
            gid_mappings: id_mapping::decode(field.get("gidMappings")?)?,
        };
        let mount = plain.with_source(field, kind, source)?;
        let lone = match (mount.uid_mappings.is_empty(), mount.gid_mappings.is_empty()) {
            (true, false) => Some("uidMappings"),
            (false, true) => Some("gidMappings"),
            _ => None,
        };
        match lone {
            Some(name) => {
                let problem = "missing; users and groups are mapped together, so give both lists";
                Err(ArgumentError::new(&field.path().attribute(name), problem))
            }
            None => Ok(mount),
        }
    }

    /// The same mount of this `source`, with the type that it has or needs.
    fn with_source(
        self,
        field: &Field<'_>,
        kind: Option<&str>,
        source: Option<Field<'_>>,
    ) -> Result<Self, ArgumentError> {
        let bound = self.is_bind();
        let is_bind = bound || matches!(kind, None | Some("bind")) && source.is_some();
        mount_options::check(field, is_bind)?;
        if let (false, Some(MountPoint::File)) = (is_bind, &self.mount_point) {
            let problem = "found \"file\", but a file system is mounted on a directory; leave it out";
            return Err(ArgumentError::new(&field.path().attribute("mountPoint"), problem));
        }
        match (kind, source) {
            (kind, Some(source)) if bound || matches!(kind, None | Some("bind")) => {
                let (kind, source) = (kind.unwrap_or("bind").to_owned(), existing_source(&source)?.to_owned());
                Ok(Self { kind, source, ..self }.bound())
            }
            (Some(kind), source) if !bound && kind != "bind" => {
                // The name by which the mount appears in /proc/mounts.
                let source = source.map_or(Ok(kind), |source| source.string())?.to_owned();
                Ok(Self { kind: kind.to_owned(), source, ..self })
            }
            (Some(_), _) => Err(ArgumentError::new(
                &field.path().attribute("source"),
                "a bind mount needs the host's path here, such as \"/srv/data\"",
            )),
            (None, _) => Err(ArgumentError::new(
                &field.path().attribute("type"),
                "missing; want a file system such as \"tmpfs\", or a 'source' for a bind mount",
            )),
        }
    }

    /// The same as a bind mount: the spec knows one by this option, not by its type.
    fn bound(mut self) -> Self {
        if !self.is_bind() {
            self.options.insert(0, "rbind".to_owned());
        }
        self
    }

    /// Whether this is a bind mount, which the spec knows by its options.
    pub fn is_bind(&self) -> bool {
        self.options.iter().any(|option| is_bind(option))
    }

    /// Whether what the root filesystem has at the destination can be seen in what is mounted.
    pub fn shows_what_is_beneath(&self) -> bool {
        self.kind == "tmpfs" && self.options.iter().any(|option| option == "tmpcopyup")
    }

    /// The owner and mode that a tmpfs has by its options (tmpfs(5)).
    pub fn attributes_of_tmpfs(&self) -> Option<FileAttributes> {
        let option = |name: &str, radix| {
            let mut values = self.options.iter().filter_map(|option| option.strip_prefix(name)?.strip_prefix('='));
            values.next_back().and_then(|value| u32::from_str_radix(value, radix).ok())
        };
        let id = |name| option(name, 10).filter(|id| *id <= LAST_ID).unwrap_or(0);
        // The kernel's default mode.
        let mode = option("mode", 8).unwrap_or(0o1777) & 0o7777;
        (self.kind == "tmpfs").then(|| FileAttributes { uid: id("uid"), gid: id("gid"), ..FileAttributes::new(mode) })
    }

    /// The same, read-only unless the options say which.
    pub fn read_only_by_default(mut self) -> Self {
        if !self.options.iter().any(|option| matches!(option.as_str(), "ro" | "rw")) {
            self.options.push("ro".to_owned());
        }
        self
    }

    /// The entry of `mounts` in config.json.
    pub fn document(&self, destination: &Destination) -> Value {
        let mut entry = json!({
            "destination": destination.to_string(),
            "type": self.kind,
            "source": self.source,
        });
        if !self.options.is_empty() {
            entry["options"] = json!(self.options);
        }
        for (name, mappings) in [("uidMappings", &self.uid_mappings), ("gidMappings", &self.gid_mappings)] {
            if !mappings.is_empty() {
                entry[name] = mappings.iter().map(IdMapping::document).collect();
            }
        }
        entry
    }
}

fn is_bind(option: &str) -> bool {
    matches!(option, "bind" | "rbind")
}

fn existing_source<'v>(field: &Field<'v>) -> Result<&'v str, ArgumentError> {
    let source = field.string()?;
    if !source.starts_with('/') {
        return Err(field.unwanted("the absolute path of a directory or file on the host"));
    }
    Ok(source)
}

fn mount_point(field: &Field<'_>) -> Result<MountPoint, ArgumentError> {
    match field.string()? {
        "directory" => Ok(MountPoint::Directory),
        "file" => Ok(MountPoint::File),
        _ => Err(field.unwanted("\"directory\" or \"file\"")),
    }
}

#[cfg(test)]
mod tests;
