use serde_json::json;

use super::*;

#[test]
fn a_wrong_directory_is_named() {
    for (value, problem) in [
        (json!({ "/": {} }), "\"/\" is always root's"),
        (json!({ "srv": {} }), "did you mean \"/srv\"?"),
        (json!({ "/srv": "0755" }), "want an attribute set, such as"),
        (json!({ "/srv": { "owner": 5 } }), "no such attribute of a directory"),
        (json!({ "/srv": { "tmpfs": "yes" } }), "tmpfs: found the string"),
        (json!({ "/srv": { "capabilities": [] } }), "no such attribute of a directory"),
        (json!({ "/srv": {}, "/srv/": {} }), "the same path as"),
    ] {
        let error = decode(&Field::root(&value)).unwrap_err().to_string();
        assert!(error.contains(problem), "{value}: {error}");
    }
    assert_eq!(decode(&Field::root(&json!({ "/srv": null }))).unwrap(), Directories::new());
}

#[test]
fn a_tmpfs_has_the_owner_and_mode() {
    let value = json!({ "/run/app": { "uid": 1000, "gid": 100, "mode": "0700", "tmpfs": true }, "/srv": {} });
    let directories = decode(&Field::root(&value)).unwrap();
    let mounts: Vec<_> = directories.values().map(|directory| directory.mount((0, 0))).collect();
    let options = ["nosuid", "nodev", "mode=0700", "uid=1000", "gid=100", "size=50%", "nr_inodes=1m"];
    assert_eq!(mounts, [Some(Mount::new("tmpfs", "tmpfs", &options)), None]);
}
