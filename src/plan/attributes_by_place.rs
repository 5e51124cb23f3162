//! The attributes that the files and directories of a container have beside those of the store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use crate::plan::definition::container_path::ContainerPath;
use crate::plan::diagnostics::{ArgumentError, Field};
use crate::plan::file_attributes::{AskedAttributes, DIRECTORY_MODE, FileAttributes};

/// The files and directories with attributes of their own, by their real places in the root filesystem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributesByPlace(BTreeMap<PathBuf, FileAttributes>);

impl AttributesByPlace {
    /// Those of a place, if it has any.
    pub fn get(&self, place: &Path) -> Option<FileAttributes> {
        self.0.get(place).copied()
    }

    /// Says what a place has.
    pub fn insert(&mut self, place: PathBuf, attributes: FileAttributes) {
        self.0.insert(place, attributes);
    }

    /// The places, parents first.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, FileAttributes)> {
        self.0.iter().map(|(place, attributes)| (place.as_path(), *attributes))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps those of some places.
    pub fn retain(&mut self, mut keep: impl FnMut(&Path) -> bool) {
        self.0.retain(|place, _| keep(place));
    }

    /// The value of the annotation.
    ///
    /// # Errors
    /// A place that is not UTF-8.
    pub fn annotation(&self) -> Result<String> {
        let entry = |(place, attributes): (&Path, FileAttributes)| {
            let name = place.to_str().with_context(|| {
                let shown = place.as_os_str().as_encoded_bytes().escape_ascii();
                format!("\"{shown}\" is not UTF-8, so config.json cannot say whose it is; choose another path")
            })?;
            Ok((name.to_owned(), attributes.document()))
        };
        Ok(Value::Object(self.iter().map(entry).collect::<Result<Map<_, _>>>()?).to_string())
    }

    /// Reads the value of the annotation, which anybody may have written.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_annotation(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text).context("it is not JSON")?;
        let mut found = Self::default();
        for (name, entry) in Field::root(&value).attributes()? {
            let place = ContainerPath::parse(name, "a file's path")
                .map_err(|problem| ArgumentError::new(entry.path(), problem))?;
            entry.only(&AskedAttributes::NAMES, "attribute of a file")?;
            let asked = AskedAttributes::decode(&entry)?;
            found.insert(place.as_path().as_std_path().to_owned(), asked.over(FileAttributes::new(DIRECTORY_MODE)));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
