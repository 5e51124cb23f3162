//! What is said of every place of the spec when something is wrong there, as a snapshot: `messages.txt` beside this file.
//!
//! `UPDATE_EXPECT=1 cargo test messages` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use expect_test::expect_file;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::super::schema::{self, Kind, Place};
use super::super::{RuntimeConfig, planned_mounts};
use crate::plan::definition::Definition;
use crate::plan::derivation::closure::Closure;
use crate::plan::derivation::store::StoreDir;

/// Objects that are there by default, which a patch is merged with.
const DEFAULTS: [&str; 4] = ["", "process", "process.user", "root"];

/// What a container whose argument `config` is this patch is said to be.
fn said(patch: &Value) -> String {
    let arguments = json!({ "args": ["/x"], "seccomp": null, "config": patch });
    let closure = Closure::decode(&[], &StoreDir::default()).unwrap();
    let container = match Definition::decode(&arguments, "x86_64-linux") {
        Ok(container) => container,
        Err(mistake) => return mistake.to_string(),
    };
    let mounts = planned_mounts(&container, &closure);
    match RuntimeConfig::new("x", &container, &mounts, &closure) {
        Ok(config) => format!("passes as {}", config["ociVersion"]),
        Err(mistake) => format!("{mistake:#}"),
    }
}

/// A value that the table allows at a place, with what has to be in it.
fn good(place: &Place) -> Value {
    match place.kind {
        Kind::Object | Kind::ListOrObject => {
            place.fields().filter(|field| field.is_required).map(named).collect::<Map<_, _>>().into()
        }
        Kind::Map => json!({}),
        Kind::List => place.element().into_iter().map(good).collect(),
        Kind::Text => json!("/x"),
        Kind::Boolean => json!(true),
        Kind::Integer(least, _) | Kind::Unsigned(least, _) => json!(i64::try_from(least.max(0)).unwrap()),
        Kind::OneOf(values) => json!(values[0]),
    }
}

/// What a patch has to have of an object.
fn whole(place: &Place) -> Map<String, Value> {
    match good(place) {
        Value::Object(fields) if !DEFAULTS.contains(&place.path) => fields,
        _ => Map::new(),
    }
}

fn named(field: &'static Place) -> (String, Value) {
    (field.name().to_owned(), good(field))
}

/// A patch that sets this value at a path, with what the objects around it have to have.
fn patch(path: &str, value: Value) -> Value {
    if let Some(list) = path.strip_suffix("[]") {
        return patch(list, json!([value]));
    }
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let mut object = schema::find(parent).map(whole).unwrap_or_default();
    object.insert(if name == "*" { "x" } else { name }.to_owned(), value);
    if parent.is_empty() { object.into() } else { patch(parent, object.into()) }
}

/// Values of every kind, and some at the edges of a number's.
fn values(place: &Place) -> Vec<Value> {
    let mut values = vec![
        json!("x"),
        json!("7"),
        json!(true),
        json!(7),
        json!(-1),
        json!(1.5),
        json!([]),
        json!([7]),
        json!({}),
        json!({ "x": 7 }),
    ];
    if place.path.contains("[]") {
        values.push(Value::Null);
    }
    match place.kind {
        Kind::Integer(least, most) | Kind::Unsigned(least, most) => {
            for number in [least - 1, least, most, most + 1] {
                values.extend(i64::try_from(number).map(Value::from));
                values.extend(u64::try_from(number).map(Value::from));
            }
            values.push(json!("18446744073709551615"));
            values.push(json!("18446744073709551616"));
            values.push(json!(18_446_744_073_709_551_616.0));
        }
        Kind::OneOf(choices) => {
            values.extend(choices.iter().copied().map(Value::from));
            values.extend([json!(choices[0].to_lowercase()), json!(choices[0][1..])]);
        }
        _ => {}
    }
    values
}

/// Objects with a field too many or too few.
fn objects(place: &Place) -> Vec<Value> {
    let whole = whole(place);
    let with = |name: String, value: Value| {
        let mut fields = whole.clone();
        fields.insert(name, value);
        Value::Object(fields)
    };
    let mut objects = vec![with("xyzzy".to_owned(), json!(1))];
    for field in place.fields() {
        let name = field.name();
        objects.push(with(format!("{name}s"), good(field)));
        objects.push(with(name[1..].to_owned(), good(field)));
        objects.push(with(name.to_owned(), good(field)));
        if field.is_required {
            let mut fields = whole.clone();
            fields.remove(name);
            if DEFAULTS.contains(&place.path) {
                fields.insert(name.to_owned(), Value::Null);
            }
            objects.push(fields.into());
        }
    }
    objects
}

/// The messages of a place, each with the values that it is said of.
fn messages(place: &Place) -> String {
    let mut all = values(place);
    if matches!(place.kind, Kind::Object | Kind::ListOrObject) {
        all.extend(objects(place));
    }
    let mut messages: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for value in all {
        let patch = if place.path.is_empty() { value.clone() } else { patch(place.path, value.clone()) };
        let said = said(&patch);
        let said = said.strip_prefix("config.").unwrap_or(&said);
        let own = place.path.replace("[]", "[0]").replace('*', "x");
        let said = said.strip_prefix(&format!("{own}: ")).unwrap_or(said);
        // What was found is what stands behind it.
        let said = said.split_once(", want ").filter(|_| said.starts_with("found ")).map_or(said, |(_, want)| want);
        let written = value.to_string();
        let values = messages.entry(said.to_owned()).or_default();
        if !values.contains(&written) {
            values.push(written);
        }
    }
    let mut text = format!("{}\n", if place.path.is_empty() { "(the document)" } else { place.path });
    for (said, values) in messages {
        writeln!(text, "  {said}\n    {}", values.join("  ")).unwrap();
    }
    text
}

#[test]
fn what_is_said_of_every_place_is_as_it_was() {
    // Arguments set these, and `config` cannot.
    let is_taken = |place: &&Place| !place.path.starts_with("mounts") && place.path != "root.path";
    let text: String = schema::places().par_iter().filter(is_taken).map(messages).collect();
    expect_file!["messages.txt"].assert_eq(&text);
}
