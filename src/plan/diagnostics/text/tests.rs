use serde_json::{Value, json};

use super::*;

const DECEPTIVE: &str = "\0\n\r\t\u{7f}\u{85}\u{9b}\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2028}\u{2029}\u{2066}\u{2069}\u{ad}\u{200b}\u{2060}\u{feff}\u{e0041}";

#[test]
fn nothing_deceptive_is_left_in_a_message() {
    assert_eq!(escaped("a\u{1b}[31mb\u{202e}c\n"), "a\\u{1b}[31mb\\u{202e}c\\n");
    assert!(!escaped(DECEPTIVE).chars().any(is_deceptive));
    assert_eq!(escaped("Grüße, 世界, שלום, 👩\u{200d}💻"), "Grüße, 世界, שלום, 👩\u{200d}💻");
}

#[test]
fn a_json_document_means_the_same() {
    let document = json!({ "a": [DECEPTIVE, "plain"], DECEPTIVE: 1 });
    let text = escaped_json(&serde_json::to_string_pretty(&document).unwrap());
    assert!(!text.chars().any(|c| c != '\n' && is_deceptive(c)));
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
}
