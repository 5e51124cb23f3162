//! The list of a closure's store paths, as Nix has it written.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

const BASH: &str = "00000000000000000000000000000001-bash";
const GLIBC: &str = "00000000000000000000000000000002-glibc";

/// What `write-closure` writes for a graph, or says. STORE is the store, in the graph and in what comes of it.
fn list(graph: &Value) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let [store, out, attrs] = ["store", "out", "attrs.json"].map(|name| folder.path().join(name));
    let store = store.to_str().unwrap();
    let attributes = json!({ "outputs": { "out": out }, "closure": graph });
    fs::write(&attrs, attributes.to_string().replace("STORE", store)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_oci-bundle"));
    command.arg("write-closure").env_clear().env("NIX_ATTRS_JSON_FILE", &attrs).env("NIX_STORE", store);
    let output = command.output().unwrap();
    if output.status.success() {
        assert_eq!(output.stderr, b"");
        return Ok(fs::read_to_string(out).unwrap().replace(store, "STORE"));
    }
    assert!(!out.exists(), "something was left in $out");
    Err(String::from_utf8(output.stderr).unwrap().replace(store, "STORE"))
}

#[test]
fn a_list_has_each_path_once_sorted() {
    let [bash, glibc] = [BASH, GLIBC].map(|name| format!("STORE/{name}"));
    let graph = json!([{ "path": glibc, "references": [glibc] }, { "path": bash, "references": [bash, glibc] }]);
    assert_eq!(list(&graph), Ok(format!("{bash}\n{glibc}\n")));
}

#[test]
fn a_graph_that_is_not_one_leaves_nothing() {
    let start = "buildContainer: closure: the reference graph from Nix";
    let incomplete = json!([{ "path": format!("STORE/{BASH}"), "references": [format!("STORE/{GLIBC}")] }]);
    let said = format!(
        "{start} is incomplete: 'STORE/{BASH}' refers to 'STORE/{GLIBC}', which is not in it; 'nix-store --verify --repair' \
         mends a store whose database is damaged\n"
    );
    assert_eq!(list(&incomplete), Err(said));
    let outside = json!([{ "path": "/etc/passwd", "references": [] }]);
    assert_eq!(list(&outside), Err(format!("{start} names '/etc/passwd', which is not in the store 'STORE'\n")));
}
