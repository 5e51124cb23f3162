use serde_json::json;

use super::*;

fn decode(image: Value) -> Result<ImageOptions, String> {
    ImageOptions::decode(&json!({ "image": image }), "web").map_err(|error| error.to_string())
}

#[test]
fn what_nobody_says_has_a_default() {
    let options = ImageOptions::decode(&json!({}), "Web").unwrap();
    assert_eq!((options.name.as_str(), options.tag.as_str(), options.created.as_str()), ("web", "latest", CREATED));
    assert_eq!((options.compression, options.max_layers), (Compression::Zstd, DEFAULT_LAYERS));
}

#[test]
fn names_tags_and_times_are_those_of_the_specifications() {
    for name in ["web", "a/b/c", "localhost/x", "registry.example.org:5000/team/web_app", "a__b", "a-b.c", "x/y--z"] {
        assert_eq!(decode(json!({ "name": name })).unwrap().name, name);
    }
    for name in ["", "Web", "web:1", "a//b", "/a", "a/", "-a", "a_", "a@sha256", "host:x/y", "a..b", &"a".repeat(256)] {
        assert!(decode(json!({ "name": name })).is_err(), "{name}");
    }
    for tag in ["1.0", "latest", "_x", "A-b.c"] {
        assert_eq!(decode(json!({ "tag": tag })).unwrap().tag, tag);
    }
    for tag in ["", ".x", "-x", "a:b", "ä", &"a".repeat(129)] {
        assert!(decode(json!({ "tag": tag })).is_err(), "{tag}");
    }
    for created in ["2026-01-31T23:59:59Z", "2024-02-29T00:00:00Z"] {
        assert_eq!(decode(json!({ "created": created })).unwrap().created, created);
    }
    for created in [
        "now",
        "2026-02-29T00:00:00Z",
        "2026-01-31",
        "2026-01-31T24:00:00Z",
        "2026-13-01T00:00:00Z",
        "２026-01-31T00:00:00Z",
    ] {
        assert!(decode(json!({ "created": created })).is_err(), "{created}");
    }
}

#[test]
fn a_mistake_is_named() {
    for (image, said) in [
        (json!({ "tags": "x" }), "image.tags: no such attribute of an image (did you mean 'tag'?)"),
        (json!({ "maxLayers": 200 }), "image.maxLayers: found 200 (an integer), want an integer from 2 to 127"),
        (
            json!({ "maxLayers": 3, "layers": [[], []] }),
            "image.layers: found a list of 2, want at most 1 groups, as image.maxLayers is 3",
        ),
        (json!({ "compression": "bzip2" }), "image.compression: found the string \"bzip2\""),
        (json!({ "name": "web:1" }), "image.name: found"),
        (json!({ "labels": { "": "x" } }), "image.labels.\"\": found an empty name"),
    ] {
        let found = decode(image).unwrap_err();
        assert!(found.starts_with(said), "{found}");
    }
    for (arguments, said) in [
        (json!({ "ports": [0] }), "ports[0]: found 0 (an integer), want a port"),
        (json!({ "ports": ["80/x"] }), "ports[0]: found"),
        (json!({ "stopSignal": "term" }), "stopSignal: found"),
        (json!({ "volumes": ["data"] }), "volumes[0]: "),
    ] {
        let found = ImageOptions::decode(&arguments, "web").unwrap_err().to_string();
        assert!(found.starts_with(said), "{found}");
    }
    let options =
        ImageOptions::decode(&json!({ "ports": [80, "53/udp"], "stopSignal": "SIGINT", "volumes": ["/data"] }), "web")
            .unwrap();
    assert_eq!(
        (
            options.run.ports.iter().map(ToString::to_string).collect::<Vec<_>>(),
            options.run.stop_signal.as_deref(),
            options.run.volumes[0].to_string(),
        ),
        (vec!["80/tcp".to_owned(), "53/udp".to_owned()], Some("SIGINT"), "/data".to_owned())
    );
    let found = ImageOptions::decode(&json!({}), "a+b").unwrap_err().to_string();
    assert!(found.starts_with("image.name: missing, and the container's name 'a+b' is none for an image"), "{found}");
}
