//! The argument `files`: files at absolute paths of the container.

use std::collections::BTreeMap;

use crate::plan::definition::container_path::ContainerPath;
use crate::plan::diagnostics::{ArgumentError, AttrPath, Field};
use crate::plan::file_attributes::AskedAttributes;

/// What is wanted at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum File {
    /// A file with this text.
    Text {
        /// What is in it.
        text: String,
        /// Whether it can be run.
        executable: bool,
        /// Whose it is, and what may be done with it; `None` for root's, as usual.
        attributes: Option<AskedAttributes>,
    },
    /// What is at this path of the closure: a link to it, or where anything is said of the file, a copy.
    Source {
        /// An absolute path.
        source: String,
        /// Whether it can be run; `None` for as it is.
        executable: Option<bool>,
        /// Whose it is, and what may be done with it; `None` for root's, as usual.
        attributes: Option<AskedAttributes>,
    },
    /// Nothing, not even the base file that would be there.
    Nothing,
}

/// The files by path, each with the attribute that asks for it.
pub type Files = BTreeMap<ContainerPath, (AttrPath, File)>;

/// Decodes the argument `files`.
///
/// # Errors
/// An [`ArgumentError`] at the attribute that is wrong.
pub fn decode(field: &Field<'_>) -> Result<Files, ArgumentError> {
    let mut files = Files::new();
    for (name, entry) in field.attributes()? {
        let path =
            ContainerPath::parse(name, "a file's path").map_err(|reason| ArgumentError::new(entry.path(), reason))?;
        if path == ContainerPath::root() {
            return Err(ArgumentError::new(entry.path(), "\"/\" is a directory; name a file below it"));
        }
        let file = if entry.is_null() { File::Nothing } else { decode_file(&entry)? };
        if let Some((first, _)) = files.insert(path, (entry.path().clone(), file)) {
            return Err(ArgumentError::new(entry.path(), format!("the same path as {first}; leave one of them out")));
        }
    }
    // A parent comes before what is below it, so what is above a path is on a stack of those before.
    let mut above: Vec<(&ContainerPath, &AttrPath, &File)> = Vec::new();
    for (path, (attribute, file)) in &files {
        while above.last().is_some_and(|(parent, ..)| !path.is_below(parent)) {
            above.pop();
        }
        if let Some((_, first, _)) = above.iter().find(|(.., file)| !matches!(file, File::Nothing)) {
            return Err(ArgumentError::new(
                attribute,
                format!("is below {first}, which is a file; leave one of them out"),
            ));
        }
        above.push((path, attribute, file));
    }
    Ok(files)
}

fn decode_file(field: &Field<'_>) -> Result<File, ArgumentError> {
    const WANT: &str = "{ text }, { source }, or null";
    if field.attributes().is_err() {
        return Err(field.unwanted(WANT));
    }
    field.only(&["text", "source", "executable", "mode", "uid", "gid", "capabilities"], "attribute of a file")?;
    let attributes = AskedAttributes::decode_any(field)?;
    let executable = decode_executable(field, attributes.and_then(|asked| asked.mode))?;
    match (field.get("text")?, field.get("source")?) {
        (Some(text), None) => {
            let text = text.value().as_str().ok_or_else(|| text.unwanted("a string"))?;
            Ok(File::Text { text: text.to_owned(), executable: executable.unwrap_or(false), attributes })
        }
        (None, Some(source)) => {
            let path = source.string()?;
            if !path.starts_with('/') {
                return Err(source.unwanted("an absolute path, such as ./file or \"${package}/share/file\""));
            }
            Ok(File::Source { source: path.to_owned(), executable, attributes })
        }
        (Some(_), Some(source)) => Err(ArgumentError::new(source.path(), "found beside 'text'; leave one of them out")),
        (None, None) => Err(field.unwanted(WANT)),
    }
}

/// A mode says it as well: a store keeps whether the owner may run it (Nix manual, "File System Object").
fn decode_executable(field: &Field<'_>, mode: Option<u32>) -> Result<Option<bool>, ArgumentError> {
    match (field.get("executable")?, mode) {
        (Some(executable), Some(_)) => {
            Err(ArgumentError::new(executable.path(), "found beside 'mode'; leave one of them out"))
        }
        (Some(executable), None) => executable.boolean().map(Some),
        (None, mode) => Ok(mode.map(|mode| mode & 0o100 != 0)),
    }
}

#[cfg(test)]
mod tests;
