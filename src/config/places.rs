//! Places in a document, by pattern.

use serde_json::Value;

use crate::field::{AttrPath, Field};

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

/// The pattern of a path below `config`: `linux.devices[]` for `config.linux.devices[0]`.
pub fn pattern(path: &AttrPath) -> String {
    let (root, path) = (root().to_string(), path.to_string());
    let below = path.strip_prefix(&root).unwrap_or(&path).trim_start_matches('.');
    below.split_inclusive('[').map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit())).collect()
}

/// Every value at `pattern`, to change it.
pub fn find_mut<'v>(document: &'v mut Value, pattern: &str) -> Vec<&'v mut Value> {
    let mut found = vec![document];
    for step in pattern.replace("[]", ".[]").split('.').filter(|step| !step.is_empty()) {
        found = found.into_iter().flat_map(|value| inside(value, step)).collect();
    }
    found
}

/// Takes every value at `pattern` out of the document.
pub fn remove(document: &mut Value, pattern: &str) {
    let (parents, name) = pattern.rsplit_once('.').unwrap_or(("", pattern));
    for fields in find_mut(document, parents).into_iter().filter_map(Value::as_object_mut) {
        fields.remove(name);
    }
}

fn inside<'v>(value: &'v mut Value, step: &str) -> Vec<&'v mut Value> {
    match (step, value) {
        ("[]", Value::Array(list)) => list.iter_mut().collect(),
        (name, Value::Object(fields)) => fields.get_mut(name).into_iter().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pattern_finds_every_element() {
        let document = json!({"a": [{"b": 1}, {"c": 2}, {"b": null}, {"b": 3}]});
        let found: Vec<_> = find(&document, "a[].b").iter().map(|field| field.path().to_string()).collect();
        assert_eq!(found, ["config.a[0].b", "config.a[3].b"]);
        assert!(find(&document, "a.b").is_empty());
        assert!(find(&document, "x[].y").is_empty());
    }

    #[test]
    fn a_path_has_the_pattern_that_finds_it() {
        let document = json!({"a": [{"b": [1]}, {"b": [2, 3]}]});
        for field in find(&document, "a[].b[]") {
            assert_eq!(pattern(field.path()), "a[].b[]");
        }
        assert_eq!(pattern(&root()), "");
    }

    #[test]
    fn a_pattern_is_taken_out_wherever_it_is() {
        let mut document = json!({"a": [{"b": 1, "c": 1}, 2, {"b": 2}], "b": 3, "d": {"e": 4}});
        for pattern in ["a[].b", "b", "d.x", "a.b", "x[].b"] {
            remove(&mut document, pattern);
        }
        assert_eq!(document, json!({"a": [{"c": 1}, 2, {}], "d": {"e": 4}}));
    }
}
