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
