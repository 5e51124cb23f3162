//! Paths as the container sees them.

use std::cmp::Ordering;
use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};

/// The longest path that Linux takes, in bytes (`PATH_MAX` without the NUL behind it).
pub const LONGEST: usize = 4095;

/// The longest name of a file, in bytes (`NAME_MAX`).
pub const LONGEST_NAME: usize = 255;

/// An absolute path without `.`, `..`, or slashes that mean nothing.
///
/// The order is that of the path's components, so a parent always comes before its children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerPath(Utf8PathBuf);

impl Ord for ContainerPath {
    fn cmp(&self, other: &Self) -> Ordering {
        // Not component by component, which is many times slower: a slash comes before any byte of a name.
        let slash_first = |byte| if byte == b'/' { 0 } else { byte };
        let bytes = self.0.as_str().bytes().map(slash_first);
        bytes.cmp(other.0.as_str().bytes().map(slash_first))
    }
}

impl PartialOrd for ContainerPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl ContainerPath {
    /// Normalises `text`; `what` names it in the reason, such as `a mount's destination`.
    ///
    /// # Errors
    /// The reason, in words that follow a colon.
    pub fn parse(text: &str, what: &str) -> Result<Self, String> {
        if !text.starts_with('/') {
            return Err(format!("{what} is an absolute path; did you mean {:?}?", format!("/{text}")));
        }
        if text.contains('\0') {
            return Err("found a NUL character, which no path can hold".to_owned());
        }
        let names: Vec<&str> = text.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
        if names.contains(&"..") {
            return Err(format!("{what} has no '..'; write the path without it"));
        }
        if let Some(name) = names.iter().find(|name| name.len() > LONGEST_NAME) {
            return Err(format!("found a name of {} bytes in it, but Linux takes up to {LONGEST_NAME}", name.len()));
        }
        let path = format!("/{}", names.join("/"));
        if path.len() > LONGEST {
            return Err(format!("found a path of {} bytes, but Linux takes up to {LONGEST}", path.len()));
        }
        Ok(Self(path.into()))
    }

    /// The path of names that are known to be sound.
    pub fn from_valid(text: &str) -> Self {
        Self(text.into())
    }

    /// The root directory.
    pub fn root() -> Self {
        Self("/".into())
    }

    /// The path as such.
    pub fn as_path(&self) -> &Utf8Path {
        &self.0
    }

    /// Whether this is a place somewhere below `other`.
    pub fn is_below(&self, other: &Self) -> bool {
        self != other && self.0.starts_with(&other.0)
    }
}

impl fmt::Display for ContainerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
