//! The path of an attribute, as Nix writes it.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

/// The path of an attribute, written as in Nix: `mounts."/data".options[1]`.
///
/// A path shares the segments of its parent, as every value of a document has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttrPath(Option<Arc<Link>>);

/// A segment and the path that it follows.
#[derive(Debug, PartialEq, Eq)]
struct Link {
    parent: AttrPath,
    segment: Segment,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// The attribute of this name.
    Name(String),
    /// The element of a list at this index, from 0.
    Index(usize),
}

impl AttrPath {
    /// The path of the attribute `name` of this one.
    pub fn attribute(&self, name: &str) -> Self {
        self.join(Segment::Name(name.to_owned()))
    }

    /// The path of the element at `index` (from 0) of this list.
    pub fn element(&self, index: usize) -> Self {
        self.join(Segment::Index(index))
    }

    /// Whether this is the path of the arguments as a whole.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// This path with `from` at its start replaced by `to`, if it starts there.
    pub fn rebase(&self, from: &Self, to: &Self) -> Option<Self> {
        if self == from {
            return Some(to.clone());
        }
        let link = self.0.as_ref()?;
        Some(link.parent.rebase(from, to)?.join(link.segment.clone()))
    }

    fn join(&self, segment: Segment) -> Self {
        Self(Some(Arc::new(Link { parent: self.clone(), segment })))
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(link) = &self.0 else { return Ok(()) };
        link.parent.fmt(f)?;
        match &link.segment {
            Segment::Index(index) => write!(f, "[{index}]"),
            Segment::Name(name) => {
                let dot = if link.parent.is_empty() { "" } else { "." };
                write!(f, "{dot}{}", attribute_name(name))
            }
        }
    }
}

/// The name as Nix wants it: bare where it is an identifier, else quoted (Nix manual, "Identifiers").
fn attribute_name(name: &str) -> String {
    let mut chars = name.chars();
    let bare = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || "_'-".contains(c));
    if bare { name.to_owned() } else { quoted(name) }
}

/// The string in quotes, on one line whatever it holds.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
