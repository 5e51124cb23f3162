//! Generated documents: what the runtime spec's JSON schema accepts passes through `config`, and what it refuses does not,
//! but for the differences that are listed here.

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::schema::debian;
use crate::schema::examples::{ENTRY, good, matches, merge, named, patch};
use crate::schema::json_schema::{Place, Schema};
use crate::support::builder::Builder;

/// Places where the check refuses what the schema accepts, as the spec's text or Linux says more, beside those that
/// schema_examples.rs has good values for.
const STRICTER: [&str; 15] = [
    // config.md, "POSIX-platform Hooks"; config-linux.md, "Devices" and "Namespaces"; config-vm.md: absolute.
    "hooks.*[].path",
    "linux.devices[].path",
    "linux.namespaces[].path",
    "vm.image|hypervisor|kernel.path",
    "vm.kernel.initrd",
    // config.md, "POSIX process"; config-linux.md, "Namespaces": each type once.
    "process.rlimits[].type",
    "linux.namespaces[].type",
    // user_namespaces(7): ranges do not overlap; config-linux.md, "User namespace mappings": with a user namespace.
    "linux.uidMappings|gidMappings",
    "linux.uidMappings[]|gidMappings[]",
    // "needs a namespace": config-linux.md, "Namespaces": what is not made anew is the host's.
    "hostname",
    "domainname",
    "linux.sysctl.*",
    "linux.maskedPaths|readonlyPaths",
    // The kernel's dev_valid_name; config-linux.md, "IntelRdt": a directory.
    "linux.resources.network.priorities[].name",
    "linux.intelRdt.closID",
];

/// Numbers of 64 bits without a sign that Linux wants much smaller.
const SMALL: [&str; 2] = ["linux.resources.cpu.period", "linux.resources.memory.swappiness"];

static SCHEMA: LazyLock<Schema> = LazyLock::new(debian::load);
static PLACES: LazyLock<Vec<Place<'static>>> = LazyLock::new(|| {
    let is_taken = |place: &Place<'_>| {
        let pattern = place.pattern();
        !pattern.starts_with("mounts") && !pattern.starts_with("root.path")
    };
    SCHEMA.places().into_iter().filter(is_taken).collect()
});

/// A value for one place of the document.
#[derive(Clone, Debug)]
struct Choice {
    place: Index,
    value: Index,
    is_good: bool,
}

fn choices() -> impl Strategy<Value = Vec<Choice>> {
    let choice = (any::<Index>(), any::<Index>(), any::<bool>());
    vec(choice.prop_map(|(place, value, is_good)| Choice { place, value, is_good }), 1..6)
}

impl Choice {
    fn patch(&self) -> Value {
        let place = self.place.get(&PLACES);
        let values = if self.is_good { good(&SCHEMA, place) } else { any_of(place) };
        patch(&SCHEMA, place, self.value.get(&values).clone())
    }
}

/// Values of a place, by its shape alone.
fn any_of(place: &Place<'_>) -> Vec<Value> {
    let shape = place.shape();
    let mut values = good(&SCHEMA, place);
    match shape.kind {
        Some("integer") => {
            let numbers =
                [json!(-2), json!(-1), json!(0), json!(1), json!(7), json!(4096), json!(65_536), json!(i64::MAX)];
            values.extend(numbers);
        }
        Some("string") => values.extend(["", "/", "/y", "a", "A=b", "0", "CAP_KILL", "..", "\u{e9}"].map(Value::from)),
        Some("array") => {
            let element = values.first().and_then(|list| list.get(0)).cloned();
            values.push(json!([]));
            values.extend(element.map(|element| json!([element, element])));
        }
        _ => {}
    }
    values
}

/// Whether the check may refuse what the schema accepts with this message.
fn is_difference(said: &str) -> bool {
    let pattern = pattern_of(said).unwrap_or_default();
    // config.md, "Specification version": which fields a version has is not in the schema of the latest.
    said.contains(" is new in version ") || named().chain(STRICTER).any(|glob| matches(glob, &pattern))
}

/// Whether the check may accept what the schema refuses with this message: a negative integer where the number has 64 bits and
/// no sign, as Nix has no other way to write the upper half of them.
fn is_looser(violation: &str) -> bool {
    let (pointer, problem) = violation.split_once(": ").unwrap_or_default();
    let steps = pointer.trim_start_matches('/').split('/');
    let steps = steps.map(|step| if step.parse::<usize>().is_ok() { "[]".to_owned() } else { format!(".{step}") });
    let pattern = steps.collect::<String>().trim_start_matches('.').to_owned();
    problem.ends_with("is less than the minimum of 0")
        && !SMALL.contains(&pattern.as_str())
        && PLACES.iter().any(|place| place.is_uint64() && place.pattern() == pattern)
}

/// The document as it is written: without what means unset, and without a device number that is -1.
fn as_written(mut document: Value) -> Value {
    let empty = [
        ("/linux", "cgroupsPath"),
        ("/linux", "mountLabel"),
        ("/linux/namespaces/0", "path"),
        ("/linux/namespaces/1", "path"),
        ("/process", "apparmorProfile"),
        ("/process", "selinuxLabel"),
    ];
    for (parent, name) in empty {
        if let Some(fields) = document.pointer_mut(parent).and_then(Value::as_object_mut) {
            fields.retain(|field, value| field != name || value != "");
        }
    }
    if let Some(memory) = document.pointer_mut("/linux/resources/memory").and_then(Value::as_object_mut) {
        memory.retain(|name, value| !["limit", "swap"].contains(&name.as_str()) || *value != 0);
    }
    let rules = document.pointer_mut("/linux/resources/devices").and_then(Value::as_array_mut);
    for rule in rules.into_iter().flatten().filter_map(Value::as_object_mut) {
        rule.retain(|name, value| !["major", "minor"].contains(&name.as_str()) || *value != -1);
    }
    document
}

/// The place that a message is about, as a pattern.
fn pattern_of(said: &str) -> Option<String> {
    let path = said.strip_prefix("buildContainer: config.")?.split(": ").next()?;
    let names = path.replace(&format!("{ENTRY:?}"), "*");
    let mut pattern = String::new();
    let mut rest = names.as_str();
    while let Some((before, after)) = rest.split_once('[') {
        pattern += before;
        pattern += "[]";
        rest = after.split_once(']')?.1;
    }
    Some(pattern + rest)
}

proptest! {
    #[test]
    fn what_the_schema_accepts_is_accepted_and_what_it_refuses_is_refused(choices in choices()) {
        static VALIDATOR: LazyLock<Validator> = LazyLock::new(debian::validator);
        static BUILDER: LazyLock<Builder> = LazyLock::new(Builder::new);
        static PLAIN: LazyLock<Value> = LazyLock::new(|| BUILDER.config(&json!({})).unwrap());

        let mut config = json!({});
        for choice in &choices {
            merge_keeping_nulls(&mut config, &choice.patch());
        }
        let mut document = PLAIN.clone();
        merge(&mut document, &config);
        let violation = VALIDATOR.iter_errors(&document).next().map(|error| format!("{}: {error}", error.instance_path()));
        match (violation, BUILDER.config(&config)) {
            (None, Ok(built)) => {
                if config.get("ociVersion").is_none() {
                    // It is chosen for the fields that are there.
                    document["ociVersion"] = built["ociVersion"].clone();
                }
                prop_assert_eq!(built, as_written(document));
            }
            (Some(_), Err(_)) => {}
            (None, Err(said)) => {
                prop_assert!(is_difference(&said), "{config} is refused: {said}");
            }
            (Some(violation), Ok(_)) => {
                prop_assert!(is_looser(&violation), "{config} is accepted: {violation}");
            }
        }
    }
}

/// One patch after the other, as one.
fn merge_keeping_nulls(patch: &mut Value, other: &Value) {
    match (patch.as_object_mut(), other.as_object()) {
        (Some(fields), Some(others)) => {
            for (name, value) in others {
                merge_keeping_nulls(fields.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        _ => *patch = other.clone(),
    }
}

#[test]
fn every_difference_is_of_a_place_in_the_schema() {
    let patterns: Vec<_> = SCHEMA.places().iter().map(Place::pattern).collect();
    for glob in STRICTER {
        assert!(patterns.iter().any(|pattern| matches(glob, pattern)), "{glob}");
    }
    assert!(!is_difference("buildContainer: config.linux.cgroupsPath: found \"x\", want something\n"));
    assert!(is_looser("/linux/resources/blockIO/throttleReadBpsDevice/0/rate: -2 is less than the minimum of 0"));
    assert!(!is_looser("/linux/resources/memory/swappiness: -2 is less than the minimum of 0"));
    assert!(!is_looser("/process/user/uid: -2 is less than the minimum of 0"));
    assert!(is_difference("buildContainer: config.hooks.prestart[0].path: found \"x\", want an absolute path\n"));
}
