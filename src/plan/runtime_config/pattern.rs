//! Places in a document, by pattern.

use serde_json::Value;

use crate::plan::diagnostics::{AttrPath, Field};

/// The path under which the user can change the document.
pub fn root() -> AttrPath {
    AttrPath::default().attribute("config")
}

/// Every value at `pattern`, such as `linux.seccomp.syscalls[].args[].op`: `[]` stands for each element of a list.
pub fn find<'v>(document: &'v Value, pattern: &str) -> Vec<Field<'v>> {
    let mut found = vec![Field::at(root(), document)];
    for step in pattern.replace("[]", ".[]").split('.') {
        found = found
            .into_iter()
            .flat_map(|field| match step {
                "[]" => field.list().unwrap_or_default(),
                name => field.get(name).ok().flatten().into_iter().collect(),
            })
            .collect();
    }
    found
}

/// Every value at `pattern`, to change it.
pub fn find_mut<'v>(document: &'v mut Value, pattern: &str) -> Vec<&'v mut Value> {
    let mut found = vec![document];
    for step in pattern.replace("[]", ".[]").split('.').filter(|step| !step.is_empty()) {
        found = found.into_iter().flat_map(|value| inside(value, step)).collect();
    }
    found
}

fn inside<'v>(value: &'v mut Value, step: &str) -> Vec<&'v mut Value> {
    match (step, value) {
        ("[]", Value::Array(list)) => list.iter_mut().collect(),
        (name, Value::Object(fields)) => fields.get_mut(name).into_iter().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
