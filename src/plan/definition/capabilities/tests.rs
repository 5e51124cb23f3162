use serde_json::{Value, json};

use super::*;
use crate::plan::diagnostics::AttrPath;

const DEFAULTS: [&str; 2] = ["CAP_AUDIT_WRITE", "CAP_KILL"];

fn decode(value: &Value) -> Result<Capabilities, String> {
    let path = AttrPath::default().attribute("capabilities");
    Capabilities::decode(&Field::at(path, value)).map_err(|error| error.to_string())
}

#[test]
fn they_are_exactly_those_of_a_list_or_a_change_of_the_defaults() {
    for (value, wanted, asked) in [
        (json!([]), &[][..], &[][..]),
        (
            json!(["CAP_SYS_TIME", "CAP_CHOWN", "CAP_CHOWN"]),
            &["CAP_CHOWN", "CAP_SYS_TIME"],
            &["CAP_CHOWN", "CAP_SYS_TIME"],
        ),
        (json!({}), &DEFAULTS, &[]),
        (json!({ "add": ["CAP_CHOWN"] }), &["CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_KILL"], &["CAP_CHOWN"]),
        // What is not there can be dropped, as with Docker, whose defaults are others.
        (json!({ "drop": ["CAP_KILL", "CAP_NET_RAW"], "add": null }), &["CAP_AUDIT_WRITE"], &[]),
        (json!({ "drop": ["ALL"] }), &[], &[]),
        (json!({ "drop": ["CAP_KILL", "ALL"], "add": ["CAP_KILL"] }), &["CAP_KILL"], &["CAP_KILL"]),
    ] {
        let found = decode(&value).unwrap();
        assert!(found.over(&DEFAULTS).iter().eq(wanted), "{value}: {found:?}");
        assert!(found.asked().iter().eq(asked), "{value}: {found:?}");
    }
}

#[test]
fn a_mistake_is_named() {
    for (value, message) in [
        (
            json!("CAP_KILL"),
            "capabilities: found the string \"CAP_KILL\", want a list, such as [ \"CAP_NET_ADMIN\" ], or { add, drop }, two such \
             lists",
        ),
        (
            json!(["NET_ADMIN"]),
            "capabilities[0]: found the string \"NET_ADMIN\", want a capability of capabilities(7); did you mean \"CAP_NET_ADMIN\"?",
        ),
        (
            json!({ "add": ["net_admin"] }),
            "capabilities.add[0]: found the string \"net_admin\", want a capability of capabilities(7); did you mean \
             \"CAP_NET_ADMIN\"?",
        ),
        (json!([1]), "capabilities[0]: found 1 (an integer), want a string"),
        (
            json!({ "add": ["ALL"] }),
            "capabilities.add[0]: found the string \"ALL\", want the capabilities that the program needs, one by one: with all \
             of them it could leave the container",
        ),
        (
            json!({ "drop": ["all"] }),
            "capabilities.drop[0]: found the string \"all\", want a capability of capabilities(7), or \"ALL\"",
        ),
        (
            json!({ "drop": ["ALL", "KILL"] }),
            "capabilities.drop[1]: found the string \"KILL\", want a capability of capabilities(7); did you mean \"CAP_KILL\"?",
        ),
        (
            json!({ "add": ["CAP_CHOWN"], "drop": ["CAP_KILL", "CAP_CHOWN"] }),
            "capabilities.drop[1]: found the string \"CAP_CHOWN\" which capabilities.add has too; leave one of them out",
        ),
        (json!({ "ad": [] }), "capabilities.ad: no such attribute of capabilities (did you mean 'add'?)"),
        (json!({ "add": "CAP_KILL" }), "capabilities.add: found the string \"CAP_KILL\", want a list"),
        (
            // What config.process.capabilities has.
            json!({ "bounding": [] }),
            "capabilities.bounding: no such attribute of capabilities (there are: add, drop)",
        ),
    ] {
        assert_eq!(decode(&value), Err(message.to_owned()), "{value}");
    }
}
