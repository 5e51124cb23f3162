use super::*;
use crate::plan::capability::FileCapabilities;

#[test]
fn an_annotation_is_read_as_it_was_written() {
    let mut attributes = AttributesByPlace::default();
    attributes.insert("/var/lib/app".into(), FileAttributes { uid: 1000, gid: 100, ..FileAttributes::new(0o750) });
    let capabilities = FileCapabilities::new(["CAP_NET_RAW"]);
    attributes.insert("/bin/ping".into(), FileAttributes { capabilities, ..FileAttributes::new(0o4755) });
    let text = attributes.annotation().unwrap();
    assert_eq!(
        text,
        r#"{"/bin/ping":{"capabilities":["CAP_NET_RAW"],"gid":0,"mode":"4755","uid":0},"/var/lib/app":{"gid":100,"mode":"0750","uid":1000}}"#
    );
    assert_eq!(AttributesByPlace::from_annotation(&text).unwrap(), attributes);
}

#[test]
fn an_annotation_of_anybody_is_refused_in_a_line() {
    for (text, problem) in [
        ("{", "it is not JSON"),
        ("[]", "want an attribute set"),
        (r#"{"x": {}}"#, "did you mean \"/x\"?"),
        (r#"{"/../x": {}}"#, "no '..'"),
        (r#"{"/x": {"mode": "9"}}"#, "want a string of octal digits"),
        (r#"{"/x": {"uid": -1}}"#, "\"/x\".uid"),
        (r#"{"/x": {"capabilities": ["CAP_X"]}}"#, "want a capability"),
        (r#"{"/x": {"own": 1}}"#, "no such attribute"),
    ] {
        let error = format!("{:#}", AttributesByPlace::from_annotation(text).unwrap_err());
        assert!(error.contains(problem), "{text}: {error}");
    }
}
