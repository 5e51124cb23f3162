use super::*;

#[test]
fn a_repository_has_no_host() {
    for (name, found) in
        [("web", "web"), ("a/b", "a/b"), ("example.org/a/b", "a/b"), ("localhost/a", "a"), ("host:5000/a", "a")]
    {
        assert_eq!(repository(name), found);
    }
}

#[test]
fn what_is_not_there_has_a_code() {
    let registry = Registry::new(Vec::new()).unwrap();
    for (path, code) in [
        ("/", "UNSUPPORTED"),
        ("/v1/x", "UNSUPPORTED"),
        ("/v2/x/manifests/latest", "MANIFEST_UNKNOWN"),
        ("/v2/x/blobs/sha256:x", "DIGEST_INVALID"),
        ("/v2/x/tags/list", "NAME_UNKNOWN"),
        ("/v2/x/referrers/x", "NAME_UNKNOWN"),
        ("/v2/_catalog", "UNSUPPORTED"),
        ("/v2/../../etc/passwd", "UNSUPPORTED"),
    ] {
        assert_eq!(registry.answer(path), Answer::None(code), "{path}");
    }
    assert_eq!(registry.answer("/v2/"), Answer::Base);
}
