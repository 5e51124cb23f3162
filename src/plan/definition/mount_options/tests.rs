use serde_json::json;

use super::*;

#[test]
fn options_of_a_bind_mount_are_known_ones() {
    for (option, problem) in [
        ("ro", ""),
        ("idmap=uids=0-1-10", ""),
        ("RO", "options[0]: found \"RO\", which is not an option of a bind mount; did you mean \"ro\"?"),
        (" ro", "options[0]: found \" ro\", which is not an option of a bind mount; did you mean \"ro\"?"),
        ("readonly", "options[0]: found \"readonly\", which is not an option of a bind mount; did you mean \"ro\"?"),
        ("no-exec", "options[0]: found \"no-exec\", which is not an option of a bind mount; did you mean \"noexec\"?"),
        (
            "ro,nosuid",
            "options[0]: found \"ro,nosuid\", which is not an option of a bind mount; \
                 write each as a string of its own: \"ro\" \"nosuid\"",
        ),
        (
            "size=1m",
            "options[0]: found \"size=1m\", which is not an option of a bind mount; \
                 want one of those under \"Linux mount options\" in the OCI runtime spec",
        ),
    ] {
        let mount = json!({ "options": [option] });
        let found = check(&Field::root(&mount), true).map_or_else(|mistake| mistake.to_string(), |()| String::new());
        assert_eq!(found, problem);
        assert_eq!(check(&Field::root(&mount), false), Ok(()), "{option}");
    }
}

#[test]
fn opposites_do_not_stand_together() {
    let mount = json!({ "options": ["rw", "ro"] });
    let mistake = check(&Field::root(&mount), false).unwrap_err().to_string();
    assert!(mistake.ends_with("options[0]: found \"rw\" beside \"ro\"; leave one of them out"), "{mistake}");
}
