//! Lists, of which anything else has no elements.

use serde_json::Value;

/// The elements of a list.
pub fn elements(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// The texts in a list.
pub fn strings(list: &Value) -> impl Iterator<Item = &str> {
    elements(list).filter_map(Value::as_str)
}
