use serde_json::json;

use super::*;

#[test]
fn a_path_reads_as_in_nix() {
    let path = AttrPath::default().attribute("mounts").attribute("/da\"ta\n").attribute("options").element(1);
    assert_eq!(path.to_string(), r#"mounts."/da\"ta\n".options[1]"#);
}

#[test]
fn a_value_of_another_kind_is_described() {
    for (value, found) in [
        (json!(null), "null"),
        (json!(true), "true (a boolean)"),
        (json!(-3), "-3 (an integer)"),
        (json!(1.5), "1.5 (a float)"),
        (json!([]), "an empty list"),
        (json!([1, 2]), "a list of 2"),
        (json!({}), "an empty attribute set"),
        (json!({"e": 1, "d": 1, "c": 1, "b": 1, "a": 1}), "an attribute set with a, b, c, d, …"),
    ] {
        let mistake = Field::root(&value).string().unwrap_err();
        assert_eq!(mistake.to_string(), format!("found {found}, want a string"));
    }
    let long = json!("ü".repeat(61));
    assert_eq!(
        Field::root(&long).boolean().unwrap_err().to_string(),
        format!("found the string \"{}\"…, want true or false", "ü".repeat(60)),
    );
}

#[test]
fn a_near_miss_is_suggested_and_a_far_one_is_not() {
    let known = ["args", "mounts", "readonly"];
    for (name, near) in [
        ("mount", Some("mounts")),
        ("mounst", Some("mounts")),
        ("readOnly", Some("readonly")),
        ("arg", Some("args")),
        ("capabilities", None),
    ] {
        assert_eq!(nearest(name, &known), near, "{name}");
    }
}

/// A table of both lengths would not fit into memory.
#[test]
fn a_name_that_is_far_too_long_is_near_to_nothing() {
    let (name, other) = ("x".repeat(1 << 19), "y".repeat(1 << 18));
    assert_eq!(nearest(&name, &["args", "mounts", &other]), None);
}
