use serde_json::{Value, json};

use super::*;

fn decode(value: &Value) -> Result<Expectation, String> {
    Expectation::decode(&Field::root(value)).map_err(|error| error.to_string())
}

#[test]
fn a_text_is_compared_byte_for_byte() {
    let text = decode(&json!("one\ntwo\n")).unwrap();
    assert_eq!(text.difference(b"one\ntwo\n"), None);
    assert_eq!(text.difference(b"one\n2\n").unwrap(), ["- two", "+ 2"]);
    assert_eq!(text.difference(b"one\ntwo").unwrap(), ["- two", "+ two (without a newline at its end)"]);
}

/// A comparison of all lines would not end in reasonable time.
#[test]
fn large_texts_are_compared_from_where_they_differ() {
    let lines = |word: &str| (0..500_000).map(|line| format!("{word} {line}")).collect::<Vec<_>>().join("\n");
    let text = decode(&json!(format!("same\n{}", lines("one")))).unwrap();
    let shown = text.difference(format!("same\n{}", lines("other")).as_bytes()).unwrap();
    assert_eq!((shown.len(), shown[0].as_str(), shown[50].as_str()), (51, "- one 0", "…"));
}

#[test]
fn a_regular_expression_is_found_anywhere_in_any_bytes() {
    let pattern = decode(&json!({ "match": "^v[0-9]+$" })).unwrap();
    assert_eq!(pattern.difference(b"\xff\nv12\n"), None);
    assert_eq!(pattern.difference(b"12").unwrap(), ["nothing in it matches \"^v[0-9]+$\""]);
}

#[test]
fn what_is_neither_is_named() {
    for (value, problem) in [
        (json!(1), "found 1 (an integer), want a string, or { match = \"regular expression\"; }"),
        (json!({}), "match: missing; want a regular expression"),
        (json!({ "matches": "x" }), "matches: no such attribute of an expectation (did you mean 'match'?)"),
        (
            json!({ "match": "(" }),
            "match: found the string \"(\", want a regular expression of the crate regex: unclosed group",
        ),
    ] {
        assert_eq!(decode(&value).unwrap_err(), problem);
    }
}
