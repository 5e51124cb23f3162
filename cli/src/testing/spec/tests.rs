use serde_json::json;

use super::*;

#[test]
fn nothing_is_the_container_as_it_is() {
    let spec = TestSpec::decode(&json!({})).unwrap();
    assert_eq!((spec.args, spec.exit_code, spec.timeout.as_secs()), (None, Some(0), 60));
    assert!(spec.stdout.is_none() && spec.files.is_empty() && spec.env.is_empty());
}

#[test]
fn a_mistake_is_named() {
    for (arguments, problem) in [
        (json!({ "exitCod": 1 }), "exitCod: no such attribute of a test (did you mean 'exitCode'?)"),
        (json!({ "exitCode": 256 }), "exitCode: found 256 (an integer), want an integer from 0 to 255"),
        (json!({ "exitCode": -1 }), "exitCode: found -1 (an integer), want an integer from 0 to 4294967295"),
        (json!({ "timeout": 0 }), "timeout: found 0 (an integer), want a number of seconds that is at least 1"),
        (json!({ "args": "x" }), "args: found the string \"x\", want a list"),
        (json!({ "env": { "A": 1 } }), "env.A: found 1 (an integer), want a string"),
        (json!({ "env": { "A=": "1" } }), "env.\"A=\": the name of a variable is not empty and has no '='"),
        (json!({ "files": { "x": "" } }), "files.x: a file's path is an absolute path; did you mean \"/x\"?"),
        (json!({ "stdout": 1 }), "stdout: found 1 (an integer), want a string, or { match = \"regular expression\"; }"),
    ] {
        assert_eq!(TestSpec::decode(&arguments).unwrap_err().to_string(), problem);
    }
}
