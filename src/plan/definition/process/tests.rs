use serde_json::json;

use super::*;

#[test]
fn an_environment_is_a_set_or_a_list() {
    let set = json!({ "A": "1", "B": "x=y", "PATH": null });
    let list = json!(["B=x=y", "A="]);
    let expect = |entries: &[(&str, Option<&str>)]| -> Environment {
        entries.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect()
    };
    assert_eq!(
        decode_environment(&Field::root(&set)).unwrap(),
        expect(&[("A", Some("1")), ("B", Some("x=y")), ("PATH", None)])
    );
    assert_eq!(decode_environment(&Field::root(&list)).unwrap(), expect(&[("A", Some("")), ("B", Some("x=y"))]));
}
#[test]
fn a_working_directory_is_not_below_proc() {
    let cwd = |text: &str| decode_cwd(&Field::root(&json!(text))).map(|cwd| cwd.to_string());
    for text in ["/proc/self/fd/9", "//proc/./1"] {
        assert!(cwd(text).unwrap_err().to_string().contains("want a directory that is not below /proc"), "{text}");
    }
    for text in ["/proc", "/procedures/x", "/srv/proc/x"] {
        assert_eq!(cwd(text).unwrap(), text);
    }
}
