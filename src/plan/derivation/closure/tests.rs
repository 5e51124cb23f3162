use serde_json::{Value, json};

use super::*;

const GLIBC: &str = "/nix/store/1rm6sr6ixxzipv5358x0cmaw8rs84g2j-glibc-2.38-44";
const BASH: &str = "/nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash-5.2p26";

fn decode(graph: &Value) -> Result<Vec<String>, String> {
    Closure::decode(&Vec::deserialize(graph).unwrap(), &StoreDir::default())
        .map(|closure| closure.paths().iter().map(ToString::to_string).collect())
        .map_err(|error| error.to_string())
}

#[test]
fn the_paths_are_sorted_and_a_path_may_refer_to_itself() {
    let graph = json!([
        {"path": GLIBC, "references": [GLIBC], "narSize": 1, "narHash": "sha256:x", "valid": true},
        {"path": BASH, "references": [GLIBC, BASH], "ca": null},
    ]);
    assert_eq!(
        decode(&graph).unwrap(),
        ["00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash-5.2p26", "1rm6sr6ixxzipv5358x0cmaw8rs84g2j-glibc-2.38-44"]
    );
}

#[test]
fn a_closure_may_be_empty() {
    assert_eq!(decode(&json!([])).unwrap(), Vec::<String>::new());
}

#[test]
fn a_bad_graph_is_refused_with_the_reason() {
    for (graph, message) in [
        (
            json!([{"path": BASH, "references": [GLIBC]}]),
            format!(
                "is incomplete: '{BASH}' refers to '{GLIBC}', which is not in it; \
                     'nix-store --verify --repair' mends a store whose database is damaged"
            ),
        ),
        (
            json!([{"path": "/etc/passwd", "references": []}]),
            "names '/etc/passwd', which is not in the store '/nix/store'".to_owned(),
        ),
        (
            json!([{"path": BASH, "references": ["/nix/store/../../etc"]}]),
            "names '/nix/store/../../etc', which is not a store path ('/nix/store/<hash>-<name>')".to_owned(),
        ),
        (json!([{"path": BASH, "references": []}, {"path": BASH, "references": []}]), format!("names '{BASH}' twice")),
    ] {
        assert_eq!(decode(&graph), Err(format!("the reference graph from Nix {message}")), "{graph}");
    }
}

#[test]
fn the_roots_are_what_no_other_path_refers_to() {
    let graph = json!([
        {"path": GLIBC, "references": [GLIBC]},
        {"path": BASH, "references": [GLIBC, BASH]},
    ]);
    let closure = Closure::decode(&Vec::deserialize(&graph).unwrap(), &StoreDir::default()).unwrap();
    assert_eq!(closure.roots(), [BASH.trim_start_matches("/nix/store/").parse().unwrap()]);
}
