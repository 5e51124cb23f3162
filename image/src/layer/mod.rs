//! A layer: store paths, or what the user has written, and the archive that it becomes.

mod files;
mod grouping;
mod small_paths;
mod store_path;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use oci_bundle_builder::plan::file_attributes::DIRECTORY_MODE;
use serde::{Deserialize, Serialize};

pub use self::files::FileEntry;
pub use self::grouping::{Grouping, group};
use crate::compression::FrameWrite;
use crate::tar::{self, Kind, Member};

/// What is in a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layer {
    /// Why these are together.
    pub reason: String,
    /// Store paths, sorted.
    pub paths: Vec<PathBuf>,
    /// What is made beside them, each directory before what is in it.
    pub files: Vec<FileEntry>,
}

impl Layer {
    /// Writes its archive: the directories above the store paths, each store path, what is made beside them, and the end, a frame
    /// each.
    ///
    /// # Errors
    /// What cannot be read or written.
    pub fn write(&self, frames: &mut impl FrameWrite) -> Result<()> {
        let writing = "writing a layer";
        if let Some(store) = self.paths.first().and_then(|path| path.parent()) {
            let above: Vec<_> = store.ancestors().filter(|path| path.parent().is_some()).collect();
            for directory in above.into_iter().rev() {
                let path = store_path::in_archive(directory);
                let member = Member { mode: DIRECTORY_MODE, ..Member::new(path, Kind::Directory) };
                tar::write_member(frames, &member).context(writing)?;
            }
            frames.end_frame().context(writing)?;
        }
        for path in &self.paths {
            store_path::write(path, frames)?;
            frames.end_frame().context(writing)?;
        }
        for file in &self.files {
            file.write(frames)?;
        }
        frames.end_frame().context(writing)?;
        tar::write_end(frames).context(writing)?;
        frames.end_frame().context(writing)
    }
}

/// Where Nix keeps what layers are made of. A recipe may be anybody's, so it names nothing else.
const STORE: &str = "/nix/store";

impl Layer {
    /// Refuses what is not in the store: root would hand out a file of somebody else.
    ///
    /// # Errors
    /// The first of it.
    pub fn ensure_in_store(&self) -> Result<()> {
        for path in &self.paths {
            let is_store_path = path.parent() == Some(Path::new(STORE)) && path.file_name().is_some();
            ensure!(is_store_path, "'{}' is not a store path below {STORE}", path.display());
        }
        self.files.iter().try_for_each(FileEntry::ensure_in_store)
    }
}

/// Refuses a name that would delete something of a lower layer (image-spec, layer.md, "Whiteouts").
pub fn ensure_no_whiteout(name: &[u8]) -> Result<(), String> {
    if name.starts_with(b".wh.") {
        return Err(
            "a name that starts with '.wh.' deletes a file of a lower layer, so no image can have it".to_owned()
        );
    }
    Ok(())
}
