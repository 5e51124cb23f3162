use serde_json::json;

use super::*;

fn config(linux: &serde_json::Value) -> RuntimeConfig {
    let files = json!({ "/a": { "uid": 5 }, "/b": { "mode": "4755" } }).to_string();
    RuntimeConfig::from(json!({ "linux": linux, "annotations": { ANNOTATION: files } }))
}

#[test]
fn an_id_is_mapped_as_the_namespace_maps_it() {
    let user = json!([{ "type": "user" }]);
    let maps =
        json!([{ "containerID": 0, "hostID": 1, "size": 1000 }, { "containerID": 1000, "hostID": 0, "size": 1 }]);
    for (linux, id, wanted) in [
        (json!({}), 1000, Some(1000)),
        (json!({ "namespaces": [{ "type": "mount" }], "uidMappings": maps }), 7, Some(7)),
        (json!({ "namespaces": user, "uidMappings": maps }), 1000, Some(0)),
        (json!({ "namespaces": user, "uidMappings": maps }), 999, Some(1000)),
        (json!({ "namespaces": user, "uidMappings": maps }), 1001, None),
        (json!({ "namespaces": user }), 0, None),
        (json!({ "namespaces": [{ "type": "user", "path": "/x" }], "uidMappings": maps }), 0, None),
    ] {
        assert_eq!(OuterIds::new(&config(&linux), "uidMappings").of(id), wanted, "{linux} {id}");
    }
}

#[test]
fn who_is_not_there_owns_nothing_and_a_line_says_so() {
    let (files, line) = owned_files(&config(&json!({})), None).unwrap();
    assert_eq!(line, None);
    let owners: Vec<_> = files.iter().map(|file| (file.place.to_str().unwrap(), file.uid, file.mode)).collect();
    assert_eq!(owners, [("a", Some(5), 0o755), ("b", Some(0), 0o4755)]);
    let (files, line) = owned_files(&config(&json!({})), Some((5, 6))).unwrap();
    assert_eq!((files[0].uid, files[0].gid, files[1].uid), (Some(0), Some(5), Some(0)));
    assert_eq!(line.unwrap(), "the container has no such users to give '/a' to 5:5: root owns it there");
}

#[test]
fn nobody_is_told_whose_a_directory_is_that_everybody_may_write_to() {
    // Root is not there: the one user is another.
    let linux = json!({
        "namespaces": [{ "type": "user" }],
        "uidMappings": [{ "containerID": 1000, "hostID": 0, "size": 1 }],
        "gidMappings": [{ "containerID": 1000, "hostID": 0, "size": 1 }],
    });
    for (mode, told) in [("1777", false), ("0755", true), ("4777", true)] {
        let files = json!({ "/var/tmp": { "mode": mode } }).to_string();
        let config = RuntimeConfig::from(json!({ "linux": linux, "annotations": { ANNOTATION: files } }));
        let (files, line) = owned_files(&config, Some((1, 1))).unwrap();
        assert_eq!((files[0].uid, line.is_some()), (None, told), "{mode}");
    }
}

#[test]
fn a_wrong_annotation_is_named() {
    let config = RuntimeConfig::from(json!({ "annotations": { ANNOTATION: "{" } }));
    let error = format!("{:#}", owned_files(&config, None).unwrap_err());
    assert!(error.starts_with("config.json: annotations.\"io.github.oci-bundle.files\": it is not JSON"), "{error}");
}
