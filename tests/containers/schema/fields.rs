//! Every field of the runtime spec's own JSON schema, at every place: good values pass through `config` and are in
//! config.json as they are, values of a wrong kind and names that are not in the spec are refused in the words of Nix.

use serde_json::{Value, json};

use crate::schema::debian;
use crate::schema::examples::{ENTRY, bad, good, matches, merge, named, patch};
use crate::schema::json_schema::{Place, Schema, Step};
use crate::support::builder::Builder;

/// Fields that another argument sets, with the start of what is said of them.
const REFUSED: [(&str, &str); 2] = [
    ("mounts", "buildContainer: config.mounts: use the argument 'mounts'"),
    ("root.path", "buildContainer: config.root.path: the root filesystem of the bundle is always \"rootfs\""),
];

/// How many places the schema has at the least; that of Debian 12 has 323.
const AT_LEAST: usize = 320;

/// Words of the decoder, which are not those of the user.
const NOT_SAID: [&str; 8] = ["struct", "enum ", "u32", "u64", "i64", "line 1 column", "invalid type", "expected"];

/// What the builder made of a patch that is not what was asked for.
struct Finding {
    patch: Value,
    problem: String,
}

fn refused(place: &Place<'_>) -> Option<&'static str> {
    let pattern = place.pattern();
    let is_within =
        |field: &str| pattern.strip_prefix(field).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
    REFUSED.iter().find(|(field, _)| is_within(field)).map(|(_, message)| *message)
}

/// Passes every good value of these places through the builder.
fn findings(schema: &Schema, places: &[Place<'_>]) -> Vec<Finding> {
    let builder = Builder::new();
    let validator = debian::validator();
    let plain = builder.config(&json!({})).unwrap();
    let mut findings = Vec::new();
    for place in places {
        for value in good(schema, place) {
            let patch = patch(schema, place, value);
            let problem = match (builder.config(&patch), refused(place)) {
                (Ok(_), Some(_)) => Some("passed".to_owned()),
                (Ok(document), None) => wrong(&plain, &patch, &document, &validator),
                (Err(said), Some(message)) => (!said.starts_with(message)).then_some(said),
                (Err(said), None) => Some(said),
            };
            findings.extend(problem.map(|problem| Finding { patch, problem }));
        }
    }
    findings
}

/// What of the document is not the plain one with the patch, or not valid.
fn wrong(plain: &Value, patch: &Value, document: &Value, validator: &jsonschema::Validator) -> Option<String> {
    let mut expected = plain.clone();
    merge(&mut expected, patch);
    if patch.get("ociVersion").is_none() {
        // It is chosen for the fields that are there.
        expected["ociVersion"] = document["ociVersion"].clone();
    }
    if *document != expected {
        return Some(format!("became {document}"));
    }
    validator.iter_errors(document).next().map(|error| format!("{}: {error}", error.instance_path()))
}

fn listed(findings: &[Finding]) -> String {
    findings.iter().map(|Finding { patch, problem }| format!("{patch}\n    {}\n", problem.trim_end())).collect()
}

#[test]
fn every_good_value_is_in_config_json_as_it_is() {
    let schema = debian::load();
    let places = schema.places();
    assert!(places.len() >= AT_LEAST, "only {} places", places.len());
    let findings = findings(&schema, &places);
    assert!(findings.is_empty(), "{}", listed(&findings));
}

#[test]
fn every_number_of_64_bits_may_be_a_string_of_digits() {
    let (schema, builder) = (debian::load(), Builder::new());
    let places: Vec<_> = schema.places().into_iter().filter(Place::is_uint64).collect();
    assert!(places.len() > 20, "only {} places", places.len());
    let plain = builder.config(&json!({})).unwrap();
    for place in places {
        for value in good(&schema, &place) {
            let text = patch(&schema, &place, json!(value.to_string()));
            let mut expected = plain.clone();
            merge(&mut expected, &patch(&schema, &place, value));
            let mut document = builder.config(&text).unwrap_or_else(|said| panic!("{text}: {said}"));
            // It is chosen for the fields that are there.
            document["ociVersion"] = expected["ociVersion"].clone();
            assert_eq!(document, expected, "{text}");
        }
    }
}

#[test]
fn every_exception_is_of_a_place_in_the_schema() {
    let schema = debian::load();
    let patterns: Vec<_> = schema.places().iter().map(Place::pattern).collect();
    for glob in named().chain(REFUSED.map(|(field, _)| field)) {
        assert!(patterns.iter().any(|pattern| matches(glob, pattern)), "{glob}");
    }
}

#[test]
fn a_field_that_does_not_pass_would_be_found() {
    let mut schema = debian::load();
    schema.files.get_mut("config-linux.json").unwrap()["linux"]["properties"] = json!({
        "brandNew": { "type": "string" },
        "cgroupsPath": { "type": "integer" },
        "mountLabel": { "type": "string" },
    });
    let places: Vec<_> = schema.places().into_iter().filter(|place| place.pattern().starts_with("linux.")).collect();
    let findings = findings(&schema, &places);
    let patches: Vec<_> = findings.iter().map(|finding| &finding.patch).collect();
    assert_eq!(
        patches,
        [&json!({ "linux": { "brandNew": "x" } }), &json!({ "linux": { "cgroupsPath": 1 } })],
        "{}",
        listed(&findings)
    );
}

#[test]
fn a_value_of_a_wrong_kind_is_named_in_the_words_of_nix() {
    let (schema, builder) = (debian::load(), Builder::new());
    let mut findings = String::new();
    for place in schema.places().iter().filter(|place| refused(place).is_none()) {
        for value in bad(place) {
            let patch = patch(&schema, place, value);
            let said = builder.config(&patch).err().unwrap_or_else(|| "passed".to_owned());
            let starts =
                said.starts_with(&format!("buildContainer: config.{}: found ", place.path(&format!("{ENTRY:?}"))));
            let in_words = !NOT_SAID.iter().any(|word| said.contains(word)) && said.lines().count() == 1;
            if !starts || !in_words {
                findings += &format!("{patch}\n    {said}\n");
            }
        }
    }
    assert!(findings.is_empty(), "{findings}");
}

#[test]
fn a_name_that_is_not_in_the_spec_is_refused_next_to_every_field() {
    let (schema, builder) = (debian::load(), Builder::new());
    let mut findings = String::new();
    for place in schema.places().iter().filter(|place| refused(place).is_none()) {
        let Some(Step::Field(name)) = place.steps.last().copied() else { continue };
        let unknown = format!("{name}x");
        let mut place = place.clone();
        let value = good(&schema, &place)[0].clone();
        *place.steps.last_mut().unwrap() = Step::Field(&unknown);
        let patch = patch(&schema, &place, value);
        let said = builder.config(&patch).err().unwrap_or_else(|| "passed".to_owned());
        let expected = format!(
            "buildContainer: config.{}: no such field in the OCI runtime spec (did you mean '{name}'?)\n",
            place.path(&format!("{ENTRY:?}"))
        );
        if said != expected {
            findings += &format!("{patch}\n    {said}");
        }
    }
    assert!(findings.is_empty(), "{findings}");
}
