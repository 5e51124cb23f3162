use serde_json::json;

use super::*;

#[test]
fn a_script_has_arguments_variables_and_a_time() {
    let spec = ScriptSpec::decode(&json!({ "script": "true\n", "env": { "A": "1" }, "timeout": 5 })).unwrap();
    assert_eq!((spec.script.as_str(), spec.env["A"].as_str(), spec.timeout), ("true\n", "1", Duration::from_secs(5)));
}

#[test]
fn what_is_wrong_is_named() {
    for (arguments, said) in [
        (json!({}), "script: missing; want a script of bash"),
        (json!({ "script": 1 }), "script: found 1 (an integer), want a string"),
        (
            json!({ "script": "", "stdout": "x" }),
            "stdout: is for a test without a script; with one, compare in the script",
        ),
        (
            json!({ "script": "", "timeot": 1 }),
            "timeot: no such attribute of a test with a script (did you mean 'timeout'?)",
        ),
        (
            json!({ "script": "", "timeout": 0 }),
            "timeout: found 0 (an integer), want a number of seconds that is at least 1",
        ),
    ] {
        let error = ScriptSpec::decode(&arguments).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
}
