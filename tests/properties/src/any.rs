//! Inputs: some of any kind, and some that are almost right, which get further.

use oci_bundle_builder::plan::definition::ARGUMENTS;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// Names that mean something somewhere.
const NAMES: [&str; 24] = [
    "type",
    "source",
    "options",
    "text",
    "executable",
    "uid",
    "gid",
    "additionalGids",
    "umask",
    "home",
    "process",
    "linux",
    "root",
    "path",
    "mounts",
    "hooks",
    "namespaces",
    "resources",
    "capabilities",
    "bounding",
    "paths",
    "priority",
    "/data",
    "/etc/passwd",
];

/// Texts that mean something somewhere.
const TEXTS: [&str; 16] = [
    "",
    "/",
    "/etc",
    "/a/../b",
    "..",
    "A=b",
    "bind",
    "tmpfs",
    "ro",
    "rbind",
    "mount",
    "copy",
    "x86_64",
    "linux",
    "CAP_KILL",
    "RLIMIT_NOFILE",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => select(&TEXTS[..]).prop_map(str::to_owned), 1 => ".{0,8}", 1 => "[\\x00-\\x1f/\u{e9}]{0,6}"]
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-2_i64..70_000).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
    ]
}

/// JSON of any shape.
pub fn json() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number(), text().prop_map(Value::from),];
    let name = prop_oneof![select(&NAMES[..]).prop_map(str::to_owned), text()];
    leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(name.clone(), inner, 0..5).prop_map(|map| map.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// Arguments of a container, each of any shape or of the one that is wanted.
pub fn container() -> impl Strategy<Value = Value> {
    let value = |name: &'static str| {
        let wanted = match name {
            "args" => vec(text(), 1..3).prop_map(Value::from).boxed(),
            "baseFiles" | "checkProgram" | "keepReferences" | "readonly" | "terminal" => {
                any::<bool>().prop_map(Value::from).boxed()
            }
            "config" | "user" => json().boxed(),
            "env" => btree_map("[A-Z]{1,3}", text(), 0..3).prop_map(|env| json!(env)).boxed(),
            "files" => btree_map("/[a-z]{1,3}(/[a-z]{1,3})?", text(), 0..3)
                .prop_map(|files| files.into_iter().map(|(path, text)| (path, json!({ "text": text }))).collect())
                .boxed(),
            "mounts" => btree_map("/[a-z]{1,3}(/[a-z]{1,3})?", text(), 0..3)
                .prop_map(|mounts| mounts.into_iter().map(|(path, source)| (path, json!(source))).collect())
                .boxed(),
            "store" => select(&["copy", "mount"][..]).prop_map(Value::from).boxed(),
            _ => text().prop_map(Value::from).boxed(),
        };
        (Just(name.to_owned()), prop_oneof![4 => wanted, 1 => json()])
    };
    let pairs = select(&ARGUMENTS[..]).prop_flat_map(value);
    let args = prop_oneof![4 => Just(json!(["x"])), 1 => json()];
    (args, vec(pairs, 0..5)).prop_map(|(args, pairs)| {
        let mut container: Map<_, _> = pairs.into_iter().collect();
        container.entry("args").or_insert(args);
        container.into()
    })
}
