//! The argument `capabilities`: the sets of config.json, and the filter that fits.

use serde_json::{Value, json};

use crate::derivation::Derivation;

fn config(arguments: Value) -> Value {
    let mut all = json!({ "args": ["x"] });
    all.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
    Derivation::new(all).succeeds()
}

fn sets(arguments: Value) -> Value {
    config(arguments)["process"]["capabilities"].clone()
}

/// The sets of root, in which nothing is inherited.
fn of_root(names: &[&str]) -> Value {
    json!({ "bounding": names, "effective": names, "permitted": names })
}

const DEFAULTS: [&str; 3] = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];

#[test]
fn root_has_what_is_asked_for() {
    for (capabilities, wanted) in [
        (Value::Null, &DEFAULTS[..]),
        (json!([]), &[]),
        (json!(["CAP_NET_ADMIN", "CAP_CHOWN"]), &["CAP_CHOWN", "CAP_NET_ADMIN"]),
        (
            json!({ "add": ["CAP_NET_ADMIN"], "drop": ["CAP_KILL"] }),
            &["CAP_AUDIT_WRITE", "CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE"],
        ),
        (json!({ "add": ["CAP_NET_ADMIN"], "drop": ["ALL"] }), &["CAP_NET_ADMIN"]),
    ] {
        assert_eq!(sets(json!({ "capabilities": capabilities })), of_root(wanted), "{capabilities}");
    }
}

#[test]
fn for_another_user_those_are_ambient_that_are_named() {
    for user in [json!({ "user": { "uid": 1000 } }), json!({ "config": { "process": { "user": { "uid": 1000 } } } })] {
        let of = |capabilities: Value| {
            let mut arguments = user.clone();
            arguments["capabilities"] = capabilities;
            sets(arguments)
        };
        assert_eq!(
            of(json!({ "drop": ["CAP_KILL"] })),
            of_root(&["CAP_AUDIT_WRITE", "CAP_NET_BIND_SERVICE"]),
            "{user}"
        );
        let mut wanted = of_root(&["CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE"]);
        wanted["ambient"] = json!(["CAP_CHOWN"]);
        wanted["inheritable"] = json!(["CAP_CHOWN"]);
        assert_eq!(of(json!({ "add": ["CAP_CHOWN"] })), wanted, "{user}");
        let names = ["CAP_CHOWN"];
        let all = json!({ "ambient": names, "bounding": names, "effective": names, "inheritable": names, "permitted": names });
        assert_eq!(of(json!(names)), all, "{user}");
    }
    let patched_to_root = json!({
        "user": { "uid": 1000 },
        "capabilities": ["CAP_CHOWN"],
        "config": { "process": { "user": { "uid": 0 } } },
    });
    assert_eq!(sets(patched_to_root), of_root(&["CAP_CHOWN"]));
}

#[test]
fn a_patch_wins_set_by_set() {
    let found = sets(json!({
        "user": { "uid": 1000 },
        "capabilities": ["CAP_CHOWN"],
        "config": { "process": { "capabilities": { "ambient": null, "bounding": ["CAP_CHOWN", "CAP_KILL"] } } },
    }));
    let names = ["CAP_CHOWN"];
    let wanted =
        json!({ "bounding": ["CAP_CHOWN", "CAP_KILL"], "effective": names, "inheritable": names, "permitted": names });
    assert_eq!(found, wanted);
}

#[test]
fn the_default_filter_allows_what_they_are_for() {
    let allows = |capabilities: Value| {
        let document = config(json!({ "capabilities": capabilities }));
        let mut rules = document["linux"]["seccomp"]["syscalls"].as_array().unwrap().clone().into_iter();
        rules.any(|rule| {
            rule["action"] == "SCMP_ACT_ALLOW" && rule["names"].as_array().unwrap().contains(&json!("settimeofday"))
        })
    };
    assert!(allows(json!({ "add": ["CAP_SYS_TIME"] })));
    assert!(!allows(json!([])));
}

#[test]
fn a_mistake_is_one_line() {
    for (capabilities, message) in [
        (
            json!({ "add": ["CAP_CHOWN"], "drop": ["CAP_CHOWN"] }),
            "capabilities.drop[0]: found the string \"CAP_CHOWN\" which capabilities.add has too; leave one of them out",
        ),
        (
            json!(["CAP_NONE"]),
            "capabilities[0]: found the string \"CAP_NONE\", want a capability of capabilities(7); did you mean \"CAP_FOWNER\"?",
        ),
    ] {
        Derivation::new(json!({ "args": ["x"], "capabilities": capabilities }))
            .fails_with(&format!("buildContainer: {message}"));
    }
}
