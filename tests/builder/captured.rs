//! Structured attributes as a real Nix writes them, and where it puts them.
//!
//! captured/nix-2.8.json is the `.attrs.json` of a buildContainer derivation whose builder was replaced by one that
//! copies it: `derivation (container.drvAttrs // { builder = "${bash}/bin/bash"; args = [ "-c" "cp .attrs.json $out" ]; })`
//! with Nix 2.8.0.

use std::fs;

use camino::Utf8Path;
use oci_bundle_builder::plan::definition::Definition;
use oci_bundle_builder::plan::derivation::attrs::{self, Attrs};
use oci_bundle_builder::plan::derivation::closure::Closure;
use oci_bundle_builder::plan::derivation::store::StoreDir;
use serde_json::json;

use crate::derivation::{Derivation, Outcome};

const NIX_2_8: &str = include_str!("captured/nix-2.8.json");

#[test]
fn what_nix_writes_is_understood() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("attrs.json");
    fs::write(&file, NIX_2_8).unwrap();

    let attrs: Attrs = attrs::read(Utf8Path::from_path(&file), None).unwrap();
    let container = Definition::decode(&attrs.container, &attrs.host_system).unwrap();
    let closure = Closure::decode(&attrs.closure, &StoreDir::default()).unwrap();

    assert_eq!(attrs.name, "hello");
    assert_eq!(attrs.outputs.out, "/nix/store/83mawxvadsx0v1m4m1xyih82wbqwa3d3-hello");
    assert_eq!(
        container.args,
        ["/nix/store/20njgjp6pqij13y2d69dqkp6k4csgy9q-hello/bin/hello", "--greeting=ü \"x\" \n"]
    );
    let paths: Vec<_> = closure.paths().iter().map(ToString::to_string).collect();
    assert_eq!(
        paths,
        [
            "20njgjp6pqij13y2d69dqkp6k4csgy9q-hello",
            "h3fw9ncmkcwppyxfy9bbdp2ynagzlc48-glibc",
            "x1kxnr2fzw15j1j0nak2qw487gyfnnpc-hosts",
        ]
    );
}

#[test]
fn the_attributes_are_found_where_nix_2_8_puts_them_in_the_sandbox() {
    let derivation = Derivation::new(json!({ "args": ["x"] }));
    derivation.write_attrs(".attrs.json");
    // The path is the one outside the sandbox, where the builder does not find it.
    let outcome =
        Outcome::new(derivation.builder().env("NIX_ATTRS_JSON_FILE", "/nonexistent/nix-build-x.drv-0/.attrs.json"));
    assert!(outcome.success, "{}", outcome.stderr);
    assert_eq!(derivation.config()["process"]["args"], json!(["x"]));
}

#[test]
fn the_file_that_nix_names_is_preferred() {
    let derivation = Derivation::new(json!({ "args": ["x"] }));
    fs::write(derivation.build_dir().join(".attrs.json"), "not this one").unwrap();
    assert_eq!(derivation.succeeds()["process"]["args"], json!(["x"]));
}
