//! oci-image-tool, which validates and unpacks images.
//!
//! Debian has 1.0.0-rc1. It takes a layout for an image (`--type image`), and knows neither the type `imageLayout` nor layers of zstd.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::recipe::{PYTHON, image, manifest};
use super::tree::Tree;
use crate::support::nix;

fn layout(compression: &str) -> impl AsRef<Path> + std::ops::Deref<Target = Path> {
    nix::build(&format!("{}.layout", image(&format!("image = {{ maxLayers = 3; compression = \"{compression}\"; }};"))))
}

fn tool(args: &[&str]) -> Output {
    Command::new("oci-image-tool").args(args).output().unwrap()
}

fn validate(kind: &str, path: &Path) -> Output {
    tool(&["validate", "--type", kind, path.to_str().unwrap()])
}

fn assert_valid(output: &Output, what: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && (said + printed).contains("Validation succeeded"), "{what}: {output:?}");
}

fn blob(layout: &Path, descriptor: &Value) -> PathBuf {
    layout.join("blobs").join(descriptor["digest"].as_str().unwrap().replace(':', "/"))
}

#[test]
fn every_image_without_zstd_is_valid() {
    for compression in ["gzip", "none"] {
        let layout = layout(compression);
        let path = layout.to_str().unwrap();
        assert_valid(&tool(&["validate", "--type", "image", path]), compression);
        assert_valid(&tool(&["validate", "--type", "image", "--ref", "name=latest", path]), compression);
    }
}

#[test]
fn every_document_is_valid() {
    for compression in ["zstd", "gzip", "none"] {
        let layout = layout(compression);
        let index: Value = serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
        let config = blob(&layout, &manifest(&layout)["config"]);
        for (kind, file) in [
            ("imageIndex", layout.join("index.json")),
            ("manifest", blob(&layout, &index["manifests"][0])),
            ("config", config.clone()),
        ] {
            assert_valid(&validate(kind, &file), &format!("{compression}, {kind}"));
        }
        // It tells one from another, or all of this would prove nothing.
        assert!(!validate("manifest", &config).status.success());
    }
}

/// What is changed on the way is found, or the validation of images would prove nothing.
#[test]
fn a_layer_that_is_not_right_is_found() {
    let layout = layout("gzip");
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("layout");
    assert!(Command::new("cp").arg("-R").arg(&*layout).arg(&copy).status().unwrap().success());
    assert_valid(&validate("image", &copy), "the copy");
    let layers = manifest(&layout)["layers"].as_array().unwrap().clone();
    let layer = blob(&copy, layers.last().unwrap());
    let mut bytes = fs::read(&layer).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    assert!(Command::new("chmod").args(["-R", "u+w"]).arg(&copy).status().unwrap().success());
    fs::write(&layer, bytes).unwrap();
    assert!(!validate("image", &copy).status.success());
}

#[test]
fn what_is_unpacked_is_what_the_bundle_has() {
    let wanted = Tree::of_bundle(&nix::build(PYTHON)).of_root_alone();
    for compression in ["gzip", "none"] {
        let layout = layout(compression);
        let folder = TempDir::new().unwrap();
        let to = folder.path().to_str().unwrap();
        let output = tool(&["unpack", "--ref", "name=latest", layout.to_str().unwrap(), to]);
        assert!(output.status.success(), "{output:?}");
        wanted.assert_found(&Tree::read(folder.path()).with_times_of_nix().of_root_alone(), compression);
    }
}

/// It is to be seen here when Debian's version learns more, as there would be more to test then.
#[test]
fn what_it_does_not_know_is_known() {
    let zstd = layout("zstd");
    for (kind, said) in [
        ("imageLayout", "type \\\"imageLayout\\\" unimplemented"),
        ("image", "invalid descriptor MediaType \\\"application/vnd.oci.image.layer.v1.tar+zstd\\\""),
    ] {
        let output = validate(kind, &zstd);
        let found = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && found.contains(said), "{kind}: {found}");
    }
}
