use serde_json::json;

use super::*;

#[test]
fn what_is_left_out_is_root_s_or_the_user_s() {
    let decode =
        |value| AskedAttributes::decode(&Field::root(&value)).map(|asked| asked.over(FileAttributes::new(0o644)));
    assert_eq!(decode(json!({})).unwrap(), FileAttributes::new(0o644));
    let alone = decode(json!({ "uid": 5 })).unwrap();
    assert_eq!((alone.uid, alone.gid), (5, 5));
    let both = decode(json!({ "uid": 5, "gid": 6, "mode": "2750" })).unwrap();
    assert_eq!((both.uid, both.gid, both.mode), (5, 6, 0o2750));
    let value = json!({ "executable": true, "mode": null });
    assert_eq!(AskedAttributes::decode_any(&Field::root(&value)).unwrap(), None);
}

#[test]
fn a_wrong_value_is_named() {
    for (value, problem) in [
        (json!({ "mode": 755 }), "mode: found 755 (an integer), want a string of octal digits"),
        (json!({ "mode": "u+s" }), "mode: found the string \"u+s\""),
        (json!({ "mode": "17777" }), "mode: found the string \"17777\""),
        (json!({ "mode": "" }), "mode: found the string \"\""),
        (json!({ "mode": "+755" }), "mode: found the string \"+755\""),
        (json!({ "uid": -1 }), "uid: found -1"),
        (json!({ "capabilities": ["CAP_NET_ROW"] }), "did you mean \"CAP_NET_RAW\"?"),
        (json!({ "capabilities": "CAP_KILL" }), "capabilities: found the string"),
    ] {
        let error = AskedAttributes::decode(&Field::root(&value)).unwrap_err().to_string();
        assert!(error.contains(problem), "{value}: {error}");
    }
}
