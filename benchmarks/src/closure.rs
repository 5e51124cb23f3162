//! A made-up closure: store paths with names of the right shape, and which of them refers to which.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::numbers::Numbers;

/// The digits of a store path's hash (Nix manual, "Store Path").
const DIGITS: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";

/// How many others a store path refers to at most; in nixpkgs it is about this.
const REFERENCES: usize = 8;

/// The closure's paths in `store`.
pub fn paths(store: &Path, count: usize) -> Vec<PathBuf> {
    (0..count).map(|index| store.join(name(index))).collect()
}

fn name(index: usize) -> String {
    let mut numbers = Numbers::new(index);
    let hash: String = (0..32).map(|_| char::from(DIGITS[numbers.below(32)])).collect();
    // Of names without versions, groups of an image's layers are made.
    format!("{hash}-package{index}-1.0")
}

/// The reference graph as Nix writes it into the structured attributes. A path refers to earlier ones only.
pub fn graph(paths: &[PathBuf]) -> Value {
    let node = |(index, path): (usize, &PathBuf)| {
        let mut numbers = Numbers::new(index);
        let count = REFERENCES.min(index);
        let references: Vec<_> = (0..count).map(|_| &paths[numbers.below(index)]).collect();
        json!({ "path": path, "references": references, "narSize": 1, "closureSize": 1 })
    };
    paths.iter().enumerate().map(node).collect()
}

/// The structured attributes of a bundle of this closure, to be built as `out`.
pub fn attrs(container: Value, paths: &[PathBuf], out: &Path) -> Value {
    json!({
        "name": "benchmark",
        "hostSystem": format!("{}-linux", std::env::consts::ARCH),
        "container": container,
        "closure": graph(paths),
        "outputs": { "out": out },
    })
}

/// The arguments of the container. No program is in there, so none is looked for.
pub fn container() -> Value {
    json!({ "args": ["x"], "checkProgram": false })
}

/// The arguments of one that mounts its store.
pub fn mounting_container() -> Value {
    json!({ "args": ["x"], "checkProgram": false, "store": "mount" })
}
