//! Whether every field of a document is in the spec and has the right kind: a walk along the table of the spec.

use std::ops::RangeInclusive;

use crate::plan::diagnostics::{ArgumentError, AttrPath, Field};
use crate::plan::runtime_config::RuntimeConfig;
use crate::plan::runtime_config::pattern;
use crate::plan::runtime_config::schema::{self, Kind, Place};
use crate::plan::runtime_config::unsigned;
use crate::plan::runtime_config::validate::misplaced;
use crate::plan::runtime_config::validate::values::number;

/// Checks the shape of the config.
///
/// # Errors
/// The first field that is wrong, under `config`, which alone can be its cause.
pub fn check(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    walk(&Field::at(pattern::root(), config.document()), schema::document())
}

/// Checks a value, and what is in it.
fn walk(field: &Field<'_>, place: &Place) -> Result<(), ArgumentError> {
    if field.is_null() && !place.is_required && !place.is_element() {
        return Err(null(field));
    }
    match place.kind {
        Kind::Object => object(field, place),
        Kind::ListOrObject if field.value().is_object() => object(field, place),
        Kind::List | Kind::ListOrObject => all(field.list()?, place.element()),
        Kind::Map => all(field.attributes()?.into_iter().map(|(_, value)| value), place.entry()),
        Kind::OneOf(values) if !values.iter().any(|value| field.value() == value) => Err(field.unwanted_of(values)),
        Kind::Text if !field.is_string() => Err(field.unwanted("a string")),
        Kind::OneOf(_) | Kind::Text => Ok(()),
        Kind::Boolean => field.boolean().map(drop),
        Kind::Integer(least, most) | Kind::Unsigned(least, most) => integer(field, place, least..=most),
    }
}

/// An unknown field comes first, as it is often a missing one misspelt.
fn object(field: &Field<'_>, place: &Place) -> Result<(), ArgumentError> {
    let mut inner = Vec::new();
    for (name, value) in field.attributes()? {
        let Some(place) = place.field(name) else {
            let hint = misplaced::hint(name, place);
            return Err(ArgumentError::new(value.path(), format!("no such field in the OCI runtime spec ({hint})")));
        };
        inner.push((value, place));
    }
    inner.iter().try_for_each(|(value, place)| walk(value, place))?;
    let is_there = |name: &str| inner.iter().any(|(_, place)| place.name() == name);
    match place.fields().find(|place| place.is_required && !is_there(place.name())) {
        Some(place) => Err(missing(field.path(), place.name())),
        None => Ok(()),
    }
}

/// Values of one kind, which the spec may leave to others.
fn all<'v>(values: impl IntoIterator<Item = Field<'v>>, place: Option<&Place>) -> Result<(), ArgumentError> {
    values.into_iter().try_for_each(|value| match place {
        Some(place) => walk(&value, place),
        None => no_null(&value),
    })
}

fn integer(field: &Field<'_>, place: &Place, range: RangeInclusive<i128>) -> Result<(), ArgumentError> {
    let number = number(field);
    if number.is_some_and(|number| range.contains(&number)) || (place.or_zero && number == Some(0)) {
        return Ok(());
    }
    let want = match (range.start(), range.end()) {
        _ if place.kind == schema::INT64 => "an integer".to_owned(),
        (0, schema::NO_BOUND..) => "an integer that is not negative".to_owned(),
        (least, schema::NO_BOUND..) => format!("an integer that is at least {least}"),
        (least, most) => format!("an integer from {least} to {most}"),
    };
    let note = place.note.map(|note| format!("; {note}")).unwrap_or_default();
    let hint = if place.kind == schema::UINT64 { unsigned::hint(field.value()) } else { "" };
    Err(field.unwanted(&format!("{want}{note}{hint}")))
}

/// A merge patch cannot leave a null, but for those inside lists, and the spec has none at all.
fn no_null(field: &Field<'_>) -> Result<(), ArgumentError> {
    if field.is_null() {
        return Err(null(field));
    }
    for element in field.list().unwrap_or_default() {
        no_null(&element)?;
    }
    for (_, value) in field.attributes().unwrap_or_default() {
        no_null(&value)?;
    }
    Ok(())
}

fn null(field: &Field<'_>) -> ArgumentError {
    ArgumentError::new(field.path(), "found null, which the OCI runtime spec does not allow; leave it out")
}

/// The path of a field that is required and not there.
pub fn missing(parent: &AttrPath, name: &str) -> ArgumentError {
    ArgumentError::new(&parent.attribute(name), "missing; the OCI runtime spec requires it")
}
