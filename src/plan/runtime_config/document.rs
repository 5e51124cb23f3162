//! A runtime configuration, as a value.

use std::ops::Index;

use serde_json::{Map, Value};

use super::pattern;
use crate::plan::diagnostics::Field;

/// What config.json says. It is JSON to the end: types would be a second version of it, and know one version of the spec.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuntimeConfig(Value);

impl From<Value> for RuntimeConfig {
    fn from(document: Value) -> Self {
        Self(document)
    }
}

/// A field at the top; null if it is not there.
impl Index<&str> for RuntimeConfig {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        &self.0[name]
    }
}

impl RuntimeConfig {
    /// The whole as JSON.
    pub fn document(&self) -> &Value {
        &self.0
    }

    /// A field at the top, if it is there.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A field at the top, to change it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.get_mut(name)
    }

    /// Sets a field at the top, if the whole is an object.
    pub fn set(&mut self, name: &str, value: Value) {
        if let Some(fields) = self.0.as_object_mut() {
            fields.insert(name.to_owned(), value);
        }
    }

    /// Adds an annotation.
    pub fn annotate(&mut self, name: &str, text: String) {
        if self.get("annotations").is_none() {
            self.set("annotations", Value::Object(Map::new()));
        }
        self.set_in("annotations", name, text.into());
    }

    /// Sets a field of an object at the top, if that is one.
    pub fn set_in(&mut self, parent: &str, name: &str, value: Value) {
        if let Some(fields) = self.get_mut(parent).and_then(Value::as_object_mut) {
            fields.insert(name.to_owned(), value);
        }
    }

    /// Every value at `pattern`, such as `linux.seccomp.syscalls[].args[].op`: `[]` stands for each element of a list.
    pub fn find(&self, pattern: &str) -> Vec<Field<'_>> {
        pattern::find(&self.0, pattern)
    }

    /// Every value at `pattern`, to change it.
    pub fn find_mut(&mut self, pattern: &str) -> Vec<&mut Value> {
        pattern::find_mut(&mut self.0, pattern)
    }

    /// Every object at `pattern`, to change its fields.
    pub fn objects_mut(&mut self, pattern: &str) -> impl Iterator<Item = &mut Map<String, Value>> {
        self.find_mut(pattern).into_iter().filter_map(Value::as_object_mut)
    }

    /// Applies a JSON merge patch (RFC 7396).
    pub fn merge(&mut self, patch: &Value) {
        json_patch::merge(&mut self.0, patch);
    }
}
