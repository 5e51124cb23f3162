use serde_json::json;

use super::*;

#[test]
fn a_version_is_one_of_semantic_versioning() {
    for version in [
        "1.0.0",
        "0.0.4",
        "1.0.2-dev",
        "1.1.0-rc.1",
        "1.0.0-0A.is.legal",
        "1.0.0--",
        "1.1.0+20240101.007",
        "1.0.0-rc5+build-1",
        "99999999999999999999.0.1",
    ] {
        assert!(release(version).is_some(), "{version}");
    }
    for other in [
        "",
        "1",
        "1.0",
        "1.0.0.0",
        "v1.0.0",
        "01.0.0",
        "1.0.0-",
        "1.0.0-a..b",
        "1.0.0-01",
        "1.0.0+",
        "1.0.0+a+b",
        "1.0.-1",
        "1.0.0-ä",
        "1.0.x",
        " 1.0.0",
        "1.0.0 ",
    ] {
        assert_eq!(release(other), None, "{other:?}");
    }
}

#[test]
fn releases_are_ordered_by_their_numbers() {
    let ordered =
        ["0.9.9", "1.0.0-rc5", "1.0.2-dev", "1.1.0-rc.1", "1.9.0", "1.10.0", "10.0.0", "18446744073709551616.0.0"];
    for pair in ordered.windows(2) {
        assert!(release(pair[0]) < release(pair[1]), "{pair:?}");
    }
    assert_eq!(release("1.1.0-rc.1"), release("1.1.0"));
}

#[test]
fn a_version_that_is_not_released_has_what_its_release_has() {
    let with = |version: &str| {
        RuntimeConfig::from(json!({ "ociVersion": version, "hooks": { "createRuntime": [] }, "domainname": "x" }))
    };
    for version in ["1.1.0", "1.1.0-rc.1", "1.1.0+x", "1.2.0-dev", "1.4.0", "2.0.0"] {
        assert_eq!(check(&with(version)), Ok(()), "{version}");
    }
    for version in ["1.0.2", "1.0.2-dev", "1.0.99"] {
        let problem =
            format!("config.domainname: is new in version 1.1.0 of the spec, but config.ociVersion is \"{version}\"");
        assert_eq!(check(&with(version)).unwrap_err().to_string(), problem);
    }
}
