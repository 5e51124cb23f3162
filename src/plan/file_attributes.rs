//! What a store cannot hold of a file or directory: whose it is, and what may be done with it.

use serde_json::{Value, json};

use crate::plan::capability::{self, FileCapabilities};
use crate::plan::diagnostics::{ArgumentError, Field};

/// The annotation of config.json that keeps those of the whole container for `oci-bundle run`.
pub const ANNOTATION: &str = "io.github.oci-bundle.files";

/// The mode of a directory that nobody says anything of.
pub const DIRECTORY_MODE: u32 = 0o755;

/// The mode of a file.
pub fn file_mode(executable: bool) -> u32 {
    if executable { 0o755 } else { 0o644 }
}

/// The attributes of a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileAttributes {
    /// The permissions, with the bits set-user-ID, set-group-ID and sticky.
    pub mode: u32,
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// What a program gets from its file.
    pub capabilities: FileCapabilities,
}

impl FileAttributes {
    /// Root's.
    pub fn new(mode: u32) -> Self {
        Self { mode, uid: 0, gid: 0, capabilities: FileCapabilities::default() }
    }

    /// A directory of this owner.
    pub fn directory((uid, gid): (u32, u32)) -> Self {
        Self { uid, gid, ..Self::new(DIRECTORY_MODE) }
    }

    /// As an attribute set of the arguments has them.
    pub fn document(self) -> Value {
        let mut document = json!({ "mode": format!("{:04o}", self.mode), "uid": self.uid, "gid": self.gid });
        if !self.capabilities.is_empty() {
            document["capabilities"] = self.capabilities.names().collect::<Vec<_>>().into();
        }
        document
    }
}

/// The mode's largest value: permissions, and the bits set-user-ID, set-group-ID and sticky.
const LARGEST_MODE: u32 = 0o7777;

/// The attributes `mode`, `uid`, `gid` and `capabilities`, as the arguments ask for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AskedAttributes {
    /// The permissions; `None` for the usual ones.
    pub mode: Option<u32>,
    uid: Option<u32>,
    gid: Option<u32>,
    /// What a program gets from its file.
    pub capabilities: FileCapabilities,
}

impl AskedAttributes {
    /// The names of the attributes.
    pub const NAMES: [&str; 4] = ["mode", "uid", "gid", "capabilities"];

    /// Decodes them from an attribute set that may have others.
    ///
    /// # Errors
    /// An [`ArgumentError`] at the attribute that is wrong.
    pub fn decode(field: &Field<'_>) -> Result<Self, ArgumentError> {
        let id = |name| field.get(name)?.map(|id| id.id()).transpose();
        let uid = id("uid")?;
        let names = match field.get("capabilities")? {
            Some(list) => list.list()?,
            None => Vec::new(),
        };
        let names = names.iter().map(capability::check_name).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            mode: field.get("mode")?.map(|mode| decode_mode(&mode)).transpose()?,
            uid,
            gid: id("gid")?.or(uid),
            capabilities: FileCapabilities::new(names),
        })
    }

    /// Decodes them; `None` if the set has none of them.
    ///
    /// # Errors
    /// As for [`AskedAttributes::decode`].
    pub fn decode_any(field: &Field<'_>) -> Result<Option<Self>, ArgumentError> {
        let mut names = Self::NAMES.into_iter();
        if names.any(|name| field.find(name).is_some_and(|value| !value.is_null())) {
            return Self::decode(field).map(Some);
        }
        Ok(None)
    }

    /// What a file has that has these otherwise.
    pub fn over(self, usual: FileAttributes) -> FileAttributes {
        FileAttributes {
            mode: self.mode.unwrap_or(usual.mode),
            uid: self.uid.unwrap_or(usual.uid),
            gid: self.gid.unwrap_or(usual.gid),
            capabilities: self.capabilities,
        }
    }
}

/// As chmod(1) takes it: Nix has no octal numbers, so a number would mislead.
fn decode_mode(field: &Field<'_>) -> Result<u32, ArgumentError> {
    field.octal(LARGEST_MODE, "a string of octal digits, such as \"0750\"")
}

#[cfg(test)]
mod tests;
