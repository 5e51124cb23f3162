//! Values by path, which are found from what is below them as well.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::plan::resolve::names;

/// Values by absolute path. To find what is at a path or nearest above it takes as long as the path is, however many
/// values there are.
#[derive(Clone, Debug)]
pub struct PathMap<V> {
    value: Option<V>,
    children: HashMap<OsString, PathMap<V>>,
}

impl<V> Default for PathMap<V> {
    fn default() -> Self {
        Self { value: None, children: HashMap::new() }
    }
}

impl<V> PathMap<V> {
    /// Adds a value, or replaces the one that is there.
    pub fn insert(&mut self, path: &Path, value: V) {
        let mut at = self;
        for name in names(path) {
            at = at.children.entry(name.to_owned()).or_default();
        }
        at.value = Some(value);
    }

    /// The value at this place itself.
    pub fn value(&self) -> Option<&V> {
        self.value.as_ref()
    }

    /// What is at and below a name in this directory, if anything is.
    pub fn child(&self, name: &OsStr) -> Option<&Self> {
        self.children.get(name)
    }

    /// The value at a path, or that of the nearest directory above it.
    pub fn at_or_above(&self, path: &Path) -> Option<&V> {
        let mut at = self;
        let mut found = at.value();
        for name in names(path) {
            let Some(child) = at.child(name) else { break };
            at = child;
            found = at.value().or(found);
        }
        found
    }
}

impl<'p, V> FromIterator<(&'p Path, V)> for PathMap<V> {
    fn from_iter<I: IntoIterator<Item = (&'p Path, V)>>(values: I) -> Self {
        let mut map = Self::default();
        for (path, value) in values {
            map.insert(path, value);
        }
        map
    }
}

#[cfg(test)]
mod tests;
