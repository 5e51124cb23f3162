//! Whether every field of a document is in the spec and has the right type.

use oci_spec::runtime::Spec;
use serde_ignored::Path as IgnoredPath;
use serde_json::Value;
use serde_path_to_error::Segment;

use super::{known, places};
use crate::field::{AttrPath, Field, Mistake};

/// Objects of the spec that oci-spec 0.10 does not know; what is in them is not checked.
/// Source: config-freebsd.md and config-vm.md (`hwConfig`; `hwconfig` in specs-go) of v1.3.0.
const BEYOND_THE_DECODER: [&str; 3] = ["freebsd", "vm.hwConfig", "vm.hwconfig"];

/// Fields at the top that oci-spec 0.10 knows and the spec does not: they belong under `linux`.
const DECODER_ALONE: [&str; 2] = ["gidMappings", "uidMappings"];

/// Checks the shape of the document by decoding it.
///
/// The document itself is what gets written: serialising [`Spec`] would give its sets in another order each time.
///
/// # Errors
/// The first field that is wrong, under `config`, which alone can be its cause.
pub fn check(document: &Value) -> Result<(), Mistake> {
    no_list_for_an_object(document, document, &mut Vec::new())?;
    let mut unknown = None;
    let mut track = serde_path_to_error::Track::new();
    let deserializer = serde_path_to_error::Deserializer::new(document, &mut track);
    let result: Result<Spec, _> = serde_ignored::deserialize(deserializer, |path| {
        let steps = steps_of(&path);
        if unknown.is_none() && !BEYOND_THE_DECODER.contains(&steps.join(".").as_str()) {
            unknown = Some(steps);
        }
    });
    if let Err(error) = result {
        let steps: Vec<String> = track
            .path()
            .iter()
            .filter_map(|segment| match segment {
                Segment::Seq { index } => Some(index.to_string()),
                Segment::Map { key } => Some(key.clone()),
                Segment::Enum { .. } | Segment::Unknown => None,
            })
            .collect();
        return Err(explain(&field_at(document, &steps), &error.to_string()));
    }
    let foreign = DECODER_ALONE.iter().find(|name| document.get(name).is_some());
    match unknown.or_else(|| foreign.map(|name| vec![(*name).to_owned()])) {
        Some(steps) => Err(unknown_field(document, &steps)),
        None => no_null(&Field::at(places::root(), document)),
    }
}

/// Names of attributes and indices of elements, outermost first.
fn steps_of(path: &IgnoredPath<'_>) -> Vec<String> {
    let (parent, step) = match path {
        IgnoredPath::Root => return Vec::new(),
        IgnoredPath::Seq { parent, index } => (parent, Some(index.to_string())),
        IgnoredPath::Map { parent, key } => (parent, Some(key.clone())),
        IgnoredPath::Some { parent }
        | IgnoredPath::NewtypeStruct { parent }
        | IgnoredPath::NewtypeVariant { parent } => (parent, None),
    };
    let mut steps = steps_of(parent);
    steps.extend(step);
    steps
}

fn field_at<'v>(document: &'v Value, steps: &[String]) -> Field<'v> {
    let (mut path, mut value) = (places::root(), document);
    for step in steps {
        let (next, inner) = match value {
            Value::Array(list) => {
                let index = step.parse().unwrap_or(usize::MAX);
                (path.element(index), list.get(index))
            }
            _ => (path.attribute(step), value.get(step)),
        };
        let Some(inner) = inner else { break };
        (path, value) = (next, inner);
    }
    Field::at(path, value)
}

fn unknown_field(document: &Value, steps: &[String]) -> Mistake {
    let parent = &steps[..steps.len() - 1];
    let fields: Vec<_> = known::fields::<Spec>(parent)
        .iter()
        .filter(|name| !DECODER_ALONE.contains(name) || !parent.is_empty())
        .copied()
        .collect();
    let parent = field_at(document, parent);
    // The field is not among them, or decoding would have asked for it.
    match parent.only(&fields, "field in the OCI runtime spec") {
        Err(mistake) => mistake,
        Ok(()) => Mistake::new(parent.path(), "has a field that is not in the OCI runtime spec"),
    }
}

/// What the decoder says, in the words of Nix.
fn explain(field: &Field<'_>, error: &str) -> Mistake {
    if let Some(rest) = error.strip_prefix("missing field ") {
        let name = rest.split('`').nth(1).unwrap_or_default();
        return missing(field.path(), name);
    }
    if let Some((_, allowed)) = error.strip_prefix("unknown variant ").and_then(|rest| rest.split_once(", expected")) {
        return field.unwanted_of(&allowed.split('`').skip(1).step_by(2).collect::<Vec<_>>());
    }
    match error.rsplit_once(", expected ") {
        Some((_, expected)) => field.unwanted(&in_words(expected)),
        None => field.unwanted("a value that the OCI runtime spec allows here"),
    }
}

fn in_words(expected: &str) -> String {
    match expected {
        "u8" => format!("an integer from 0 to {}", u8::MAX),
        "u16" => format!("an integer from 0 to {}", u16::MAX),
        "u32" => format!("an integer from 0 to {}", u32::MAX),
        "u64" | "usize" => "an integer that is not negative".to_owned(),
        "i32" => format!("an integer from {} to {}", i32::MIN, i32::MAX),
        "i8" | "i16" | "i64" | "isize" => "an integer".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a string" | "path string" | "string or map" | "variant identifier" => "a string".to_owned(),
        "a map" => "an attribute set".to_owned(),
        other if other.starts_with("struct ") => "an attribute set".to_owned(),
        other if other.starts_with("enum ") => "a string".to_owned(),
        _ => "a value that the OCI runtime spec allows here".to_owned(),
    }
}

/// The decoder takes a list of the fields' values for an object, which the spec does not.
fn no_list_for_an_object(document: &Value, value: &Value, steps: &mut Vec<String>) -> Result<(), Mistake> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Array(_) if !known::fields::<Spec>(steps).is_empty() => {
            return Err(field_at(document, steps).unwanted("an attribute set"));
        }
        Value::Array(list) => list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        _ => Vec::new(),
    };
    for (step, value) in inner {
        steps.push(step);
        no_list_for_an_object(document, value, steps)?;
        steps.pop();
    }
    Ok(())
}

/// A merge patch cannot leave a null, but for those inside lists, and the spec has none at all.
fn no_null(field: &Field<'_>) -> Result<(), Mistake> {
    if field.is_null() {
        return Err(Mistake::new(field.path(), "found null, which the OCI runtime spec does not have; leave it out"));
    }
    for element in field.list().unwrap_or_default() {
        no_null(&element)?;
    }
    for (_, value) in field.attributes().unwrap_or_default() {
        no_null(&value)?;
    }
    Ok(())
}

/// The path of a field that is required and not there.
pub fn missing(parent: &AttrPath, name: &str) -> Mistake {
    Mistake::new(&parent.attribute(name), "missing; the OCI runtime spec requires it")
}
