//! The argument `directories`: directories at absolute paths of the container, with their owners and modes.

use std::collections::BTreeMap;

use crate::plan::definition::container_path::ContainerPath;
use crate::plan::definition::mount::Mount;
use crate::plan::diagnostics::{ArgumentError, AttrPath, Field};
use crate::plan::file_attributes::{AskedAttributes, FileAttributes};

/// A directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// The attribute that asks for it.
    pub attribute: AttrPath,
    asked: AskedAttributes,
    /// Whether it is in memory, and empty at every start.
    pub tmpfs: bool,
}

impl Directory {
    /// Whose it is, and what may be done with it, where it would be this owner's.
    pub fn attributes(&self, owner: (u32, u32)) -> FileAttributes {
        self.asked.over(FileAttributes::directory(owner))
    }

    /// The mount that it is, if it is in memory. It takes half of the memory at most, as `/tmp` does.
    pub fn mount(&self, owner: (u32, u32)) -> Option<Mount> {
        let FileAttributes { mode, uid, gid, .. } = self.attributes(owner);
        let owner = [format!("mode={mode:04o}"), format!("uid={uid}"), format!("gid={gid}")];
        let options = ["nosuid", "nodev"].into_iter().chain(owner.iter().map(String::as_str));
        let options: Vec<_> = options.chain(["size=50%", "nr_inodes=1m"]).collect();
        self.tmpfs.then(|| Mount::new("tmpfs", "tmpfs", &options))
    }
}

/// The directories by path.
pub type Directories = BTreeMap<ContainerPath, Directory>;

/// Decodes the argument `directories`.
///
/// # Errors
/// An [`ArgumentError`] at the attribute that is wrong.
pub fn decode(field: &Field<'_>) -> Result<Directories, ArgumentError> {
    let mut directories = Directories::new();
    for (name, entry) in field.attributes()?.into_iter().filter(|(_, entry)| !entry.is_null()) {
        let path = ContainerPath::parse(name, "a directory's path")
            .map_err(|reason| ArgumentError::new(entry.path(), reason))?;
        if path == ContainerPath::root() {
            return Err(ArgumentError::new(entry.path(), "\"/\" is always root's; name a directory below it"));
        }
        if let Some(first) = directories.insert(path, decode_directory(&entry)?) {
            let first = first.attribute;
            return Err(ArgumentError::new(entry.path(), format!("the same path as {first}; leave one of them out")));
        }
    }
    Ok(directories)
}

fn decode_directory(field: &Field<'_>) -> Result<Directory, ArgumentError> {
    if field.attributes().is_err() {
        return Err(field.unwanted("an attribute set, such as { mode = \"0750\"; uid = 1000; }"));
    }
    field.only(&["mode", "uid", "gid", "tmpfs"], "attribute of a directory")?;
    Ok(Directory {
        attribute: field.path().clone(),
        asked: AskedAttributes::decode(field)?,
        tmpfs: field.get("tmpfs")?.map_or(Ok(false), |tmpfs| tmpfs.boolean())?,
    })
}

#[cfg(test)]
mod tests;
