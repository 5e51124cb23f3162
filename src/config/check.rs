//! Whether every field of a document is in the spec and has the right type.

use oci_spec::runtime::Spec;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use super::known::{self, Known};
use super::{differences, elsewhere, places, unsigned};
use crate::field::{AttrPath, Field, Mistake};

/// Checks the shape of the document by decoding it.
///
/// The document itself is what gets written: serialising [`Spec`] would give its sets in another order each time.
///
/// # Errors
/// The first field that is wrong, under `config`, which alone can be its cause.
pub fn check(document: &Value) -> Result<(), Mistake> {
    let mut shown = document.clone();
    for (pattern, _) in differences::HERE {
        places::remove(&mut shown, pattern);
    }
    let whole = Field::at(places::root(), document);
    decode_shown::<Spec>(&shown, &whole)?;
    for (pattern, decode) in differences::HERE {
        places::find(document, pattern).iter().try_for_each(decode)?;
    }
    no_null(&whole)
}

/// Checks the shape of a value by decoding it.
///
/// # Errors
/// The first field in it that is wrong.
pub fn decode<T: DeserializeOwned>(whole: &Field<'_>) -> Result<(), Mistake> {
    decode_shown::<T>(whole.value(), whole)
}

/// Decodes the part that is `shown` of the `whole`, which mistakes are in.
fn decode_shown<T: DeserializeOwned>(shown: &Value, whole: &Field<'_>) -> Result<(), Mistake> {
    right_kind::<T>(shown, whole, &mut Vec::new())?;
    let Err(error) = serde_path_to_error::deserialize::<_, T>(shown) else { return Ok(()) };
    let steps = error.path().iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    Err(explain(&field_in(whole, &steps.collect::<Vec<_>>()), &error.inner().to_string()))
}

/// The value at these steps: names of attributes and indices of elements, outermost first.
fn field_in<'v>(whole: &Field<'v>, steps: &[String]) -> Field<'v> {
    let (mut path, mut value) = (whole.path().clone(), whole.value());
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

/// What the decoder says of a value whose kind is right as far as [`right_kind`] knows, in the words of Nix.
fn explain(field: &Field<'_>, error: &str) -> Mistake {
    if let Some(rest) = error.strip_prefix("missing field ") {
        let name = rest.split('`').nth(1).unwrap_or_default();
        return missing(field.path(), name);
    }
    match error.rsplit_once(", expected ") {
        Some((_, expected @ "u64")) => {
            field.unwanted(&format!("{}{}", in_words(expected), unsigned::hint(field.value())))
        }
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
        "a boolean" => "true or false".to_owned(),
        "a string" | "path string" => "a string".to_owned(),
        _ => "a value that the OCI runtime spec allows here".to_owned(),
    }
}

/// Checks what the decoder lets pass: unknown fields, a list of the fields' values for an object, an attribute set for a
/// choice, and what it has and the spec has not. This comes first, as an unknown field is often a missing one misspelt.
fn right_kind<T: DeserializeOwned>(shown: &Value, whole: &Field<'_>, steps: &mut Vec<String>) -> Result<(), Mistake> {
    let field = field_in(whole, steps);
    let pattern = places::pattern(field.path());
    match known::at::<T>(steps) {
        Known::Fields(decoded) => {
            let fields = differences::fields(&pattern, decoded);
            let unknown = field.attributes()?.into_iter().find(|(name, _)| !fields.contains(name));
            if let Some((name, unknown)) = unknown {
                let hint = elsewhere::hint(name, &pattern, &fields);
                return Err(Mistake::new(unknown.path(), format!("no such field in the OCI runtime spec ({hint})")));
            }
        }
        Known::Choices(decoded) => {
            let choices = differences::values(&pattern, decoded);
            if !choices.iter().any(|choice| shown == choice) {
                return Err(field.unwanted_of(&choices));
            }
        }
        Known::List if !shown.is_array() => return Err(field.unwanted("a list")),
        Known::Map if !shown.is_object() => return Err(field.unwanted("an attribute set")),
        Known::List | Known::Map | Known::Nothing => {}
    }
    let inner: Vec<(String, &Value)> = match shown {
        Value::Array(list) => list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        _ => Vec::new(),
    };
    for (step, value) in inner {
        steps.push(step);
        right_kind::<T>(value, whole, steps)?;
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
