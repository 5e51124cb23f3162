//! Names of fields that a runtime would take for others: runc's decoder does not mind the case of letters, nor a long s, and for
//! crun a name ends at a NUL character.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde_json::Value;

use oci_bundle_builder::plan::runtime_config::schema::{self, Kind, Place};

/// What is wrong with a name or a text of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ambiguous {
    /// A field that a runtime may take for this other one.
    Field(String, &'static str),
    /// A name or a text with a NUL character: crun takes it to end there.
    Nul(String),
}

impl fmt::Display for Ambiguous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name, known) => {
                write!(f, "found the field '{name}', which some runtimes take for '{known}'; leave it out")
            }
            Self::Nul(text) => {
                write!(f, "found a NUL character in '{text}', where some runtimes take it to end; leave it out")
            }
        }
    }
}

/// The first name or text that a runtime may take for another one.
pub fn find_ambiguous(config: &Value) -> Option<Ambiguous> {
    Names::new().find_ambiguous(config, true)
}

/// The names of all fields of the runtime spec.
struct Names {
    exact: HashSet<&'static str>,
    folded: HashMap<String, &'static str>,
    /// Fields whose own fields have names that anybody may choose.
    free: HashSet<&'static str>,
}

impl Names {
    fn new() -> Self {
        let fields = || schema::places().iter().filter(|place| !place.is_element() && place.name() != "*");
        let free = fields().filter(|place| place.kind == Kind::Map).map(Place::name).collect();
        let exact: HashSet<_> = fields().map(Place::name).collect();
        Self { folded: exact.iter().map(|name| (fold(name), *name)).collect(), exact, free }
    }

    /// `is_spec` says whether the names are those of the spec, and not anybody's.
    fn find_ambiguous(&self, value: &Value, is_spec: bool) -> Option<Ambiguous> {
        match value {
            Value::String(text) if text.contains('\0') => Some(Ambiguous::Nul(text.clone())),
            Value::Array(list) => list.iter().find_map(|value| self.find_ambiguous(value, is_spec)),
            Value::Object(fields) => fields.iter().find_map(|(name, value)| {
                if name.contains('\0') {
                    return Some(Ambiguous::Nul(name.clone()));
                }
                let is_other = is_spec && !self.exact.contains(name.as_str());
                match is_other.then(|| self.folded.get(&fold(name))).flatten() {
                    Some(known) => Some(Ambiguous::Field(name.clone(), known)),
                    None => self.find_ambiguous(value, is_spec && !self.free.contains(name.as_str())),
                }
            }),
            _ => None,
        }
    }
}

/// Small letters, and the plain ones for the two that fold to ASCII (Unicode, `CaseFolding.txt`).
fn fold(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).map(|c| if c == '\u{17f}' { 's' } else { c }).collect()
}

#[cfg(test)]
mod tests;
