use serde_json::{Map, Value, json};

use super::*;

fn decoded(paths: impl IntoIterator<Item = (String, Value)>) -> Result<usize, String> {
    let files = Value::Object(paths.into_iter().collect::<Map<_, _>>());
    decode(&Field::root(&files)).map(|files| files.len()).map_err(|mistake| mistake.to_string())
}

#[test]
fn no_file_is_below_another() {
    let text = || json!({ "text": "" });
    let files = |below: &str| [("/a", text()), ("/a-b", text()), (below, text())].map(|(p, v)| (p.to_owned(), v));
    assert_eq!(decoded(files("/ab/c")), Ok(3));
    let problem = |path: &str| Err(format!("\"{path}\": is below \"/a\", which is a file; leave one of them out"));
    assert_eq!(decoded(files("/a/b")), problem("/a/b"));
    assert_eq!(decoded(files("/a/b/c")), problem("/a/b/c"));
    let nothing = [("/a", Value::Null), ("/a/b", Value::Null), ("/a/b/c", text())];
    assert_eq!(decoded(nothing.map(|(path, value)| (path.to_owned(), value))), Ok(3));
}

/// With a comparison of each with each, this would not end in reasonable time.
#[test]
fn many_files_are_as_good_as_few() {
    const COUNT: usize = 100_000;
    assert_eq!(decoded((0..COUNT).map(|index| (format!("/etc/{index}"), json!({ "text": "" })))), Ok(COUNT));
}

#[test]
fn a_mode_says_whether_a_file_can_be_run() {
    let decode = |value| {
        let files = decode(&Field::root(&json!({ "/x": value })));
        files.map(|files| files.into_values().next().unwrap().1).map_err(|error| error.to_string())
    };
    let executable = |value| match decode(value).unwrap() {
        File::Text { executable, attributes, .. } => (Some(executable), attributes.is_some()),
        File::Source { executable, attributes, .. } => (executable, attributes.is_some()),
        File::Nothing => (None, false),
    };
    assert_eq!(executable(json!({ "text": "", "mode": "4711" })), (Some(true), true));
    assert_eq!(executable(json!({ "text": "", "mode": "0077" })), (Some(false), true));
    assert_eq!(executable(json!({ "text": "", "uid": 5 })), (Some(false), true));
    assert_eq!(executable(json!({ "source": "/nix/store/x", "uid": 5 })), (None, true));
    assert_eq!(executable(json!({ "source": "/nix/store/x" })), (None, false));
    let error = decode(json!({ "text": "", "mode": "0644", "executable": false })).unwrap_err();
    assert!(error.contains("executable: found beside 'mode'; leave one of them out"), "{error}");
}
