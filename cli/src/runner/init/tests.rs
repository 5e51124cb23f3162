use serde_json::json;

use super::*;

fn config(annotation: &str, args: &[&str]) -> RuntimeConfig {
    json!({ "process": { "args": args }, "annotations": { ANNOTATION: annotation } }).into()
}

#[test]
fn an_init_is_what_stands_in_front_as_the_annotation_says() {
    let init = r#"{"init":"/bin/init"}"#;
    for (annotation, args, count) in [
        (init, &["/bin/init", "--", "x"][..], 2),
        (init, &["/bin/init", "--"], 0),
        (init, &["/bin/init", "x", "y"], 0),
        (init, &["/bin/other", "--", "x"], 0),
        (init, &[], 0),
        ("{}", &["/bin/init", "--", "x"], 0),
    ] {
        assert_eq!(words_of_init(&config(annotation, args)).unwrap(), count, "{args:?}");
    }
    assert_eq!(words_of_init(&json!({ "process": { "args": ["/bin/init", "--", "x"] } }).into()).unwrap(), 0);
    let error = words_of_init(&config(r#"{"init":5}"#, &["x"])).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "config.json: annotations.\"io.github.oci-bundle.run\": init: found 5 (an integer), want the absolute path of an \
         init, such as \"${pkgs.tini}/bin/tini\""
    );
}

#[test]
fn another_process_has_no_init() {
    let mut with = config(r#"{"init":"/bin/init"}"#, &["/bin/init", "--", "x", "y"]);
    remove_init(&mut with).unwrap();
    assert_eq!(with["process"]["args"], json!(["x", "y"]));
    remove_init(&mut with).unwrap();
    assert_eq!(with["process"]["args"], json!(["x", "y"]));
}
