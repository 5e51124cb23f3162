//! What is made beside the store paths.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use oci_bundle_builder::plan::capability::FileCapabilities;
use oci_bundle_builder::plan::file_attributes::{DIRECTORY_MODE, FileAttributes, file_mode};
use oci_bundle_builder::plan::resolve::{Content, File};
use oci_bundle_builder::plan::rootfs::entries::{EntryKind, RootfsEntry};
use oci_bundle_builder::plan::{ContainerPlan, file};
use serde::{Deserialize, Serialize};

use super::{STORE, ensure_no_whiteout, store_path};
use crate::tar::{self, Kind, Member};

/// A directory, file or link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Where it is in the container.
    pub path: PathBuf,
    /// The permissions.
    pub mode: u32,
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// What a program gets from its file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// What it is.
    #[serde(flatten)]
    pub kind: FileKind,
}

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FileKind {
    /// A directory.
    Directory {},
    /// A file with this text.
    Text(String),
    /// A file with what is in this one of the store.
    CopyOf(PathBuf),
    /// A symbolic link to this target.
    Target(PathBuf),
}

impl FileEntry {
    /// What an entry of this plan becomes; nothing for what a layer of store paths has.
    ///
    /// # Errors
    /// A name that no image can have.
    pub fn new(entry: &RootfsEntry<'_>, plan: &ContainerPlan<'_>) -> Result<Option<Self>> {
        for name in &entry.path {
            ensure_no_whiteout(name.as_bytes()).map_err(|problem| anyhow!("'{}': {problem}", entry.path.display()))?;
        }
        let (mode, kind) = match entry.kind {
            EntryKind::CopiedDirectory(_) | EntryKind::Copied(_) => return Ok(None),
            EntryKind::Directory => (DIRECTORY_MODE, FileKind::Directory {}),
            EntryKind::Symlink(target) => (0o777, FileKind::Target(target.to_owned())),
            EntryKind::File(File { content, executable }) => {
                let kind = match content {
                    Content::Text(text) => FileKind::Text(text.clone()),
                    Content::CopyOf(source) => FileKind::CopyOf(source.clone()),
                };
                (file_mode(*executable), kind)
            }
        };
        let attributes = plan.attributes(&entry.path).unwrap_or(FileAttributes::new(mode));
        let FileAttributes { mode, uid, gid, capabilities } = attributes;
        let capabilities = capabilities.names().map(str::to_owned).collect();
        Ok(Some(Self { path: entry.path.clone(), mode, uid, gid, capabilities, kind }))
    }

    /// Refuses a copy of what is not in the store, also by way of a link.
    ///
    /// # Errors
    /// It is not, or cannot be looked at.
    pub fn ensure_in_store(&self) -> Result<()> {
        let FileKind::CopyOf(source) = &self.kind else { return Ok(()) };
        let real = source.canonicalize().with_context(|| format!("looking at '{}'", source.display()))?;
        ensure!(real.starts_with(STORE), "'{}' is not in {STORE}", source.display());
        Ok(())
    }

    /// Writes it.
    ///
    /// # Errors
    /// What cannot be read or written.
    pub fn write(&self, out: &mut dyn Write) -> Result<()> {
        match &self.kind {
            FileKind::Directory {} => self.write_member(out, Kind::Directory),
            FileKind::Target(target) => self.write_member(out, Kind::Symlink(target.as_os_str().as_bytes())),
            FileKind::Text(text) => {
                let size = text.len() as u64;
                self.write_member(out, Kind::File(size))?;
                tar::write_content(out, &mut text.as_bytes(), size)
            }
            FileKind::CopyOf(source) => self.write_copy(source, out),
        }
    }

    fn write_copy(&self, source: &Path, out: &mut dyn Write) -> Result<()> {
        let mut content = file::open(source)?;
        let reading = || format!("'{}'", source.display());
        let size = content.metadata().with_context(reading)?.len();
        self.write_member(out, Kind::File(size))?;
        tar::write_content(out, &mut content, size).with_context(reading)
    }

    fn write_member(&self, out: &mut dyn Write, kind: Kind<'_>) -> Result<()> {
        let Self { path, mode, uid, gid, capabilities, .. } = self;
        let capabilities = FileCapabilities::new(capabilities.iter().map(String::as_str));
        let path = store_path::in_archive(path);
        let member = Member { mode: *mode, uid: *uid, gid: *gid, capabilities, ..Member::new(path, kind) };
        tar::write_member(out, &member).context("writing a layer")
    }
}
