//! Forms of an index of images for several platforms.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::clients::podman;
use super::recipe::blob;
use crate::support::nix;

/// An index of images that print what they are for, with a program of this machine's. They have its layer in common.
fn index(output: &str) -> String {
    let image = |pkgs: &str| {
        format!(
            "((mkLib {pkgs}).buildImage {{
               name = \"sh\"; args = [ \"${{pkgs.busybox}}/bin/cat\" \"/for\" ]; checkProgram = false;
               files.\"/for\".text = ({pkgs}).system; image.compression = \"gzip\";
             }})"
        )
    };
    format!(
        "(let inherit (import {}/default.nix {{ inherit pkgs; }}) mkLib; in imageIndex {{
           name = \"registry.example.org/team/sh\"; tag = \"1\"; images = [ {} {} ];
         }}){output}",
        nix::repository().display(),
        image("pkgs"),
        image("pkgs.pkgsCross.aarch64-multiplatform")
    )
}

fn top(directory: &Path) -> Value {
    let index: Value = serde_json::from_slice(&fs::read(directory.join("index.json")).unwrap()).unwrap();
    index["manifests"][0].clone()
}

/// All images, copied by skopeo to a new layout.
fn copied(from: &str, folder: &TempDir) -> PathBuf {
    let to = folder.path().join("copy");
    let mut command = Command::new("skopeo");
    command.args(["--insecure-policy", "copy", "--all", "--quiet", "--preserve-digests", from]);
    let output = command.arg(format!("oci:{}:x", to.display())).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    to
}

#[test]
fn the_layout_has_all_images_and_a_common_layer_once() {
    let recipe = nix::build(&index(""));
    let layout = nix::build(&index(".layout"));
    let folder = TempDir::new().unwrap();
    let copy = copied(&format!("oci:{}:1", layout.display()), &folder);
    // The index of the recipe, two manifests and configurations, and three layers.
    assert_eq!(top(&copy)["digest"], top(&recipe)["digest"]);
    assert_eq!(fs::read_dir(layout.join("blobs/sha256")).unwrap().count(), 8);
    assert_eq!(fs::read_dir(copy.join("blobs/sha256")).unwrap().count(), 8);
}

#[test]
fn the_archive_has_all_images_and_podman_takes_that_of_its_platform() {
    let archive = nix::build(&index(".archive"));
    let folder = TempDir::new().unwrap();
    let copy = copied(&format!("oci-archive:{}:1", archive.display()), &folder);
    let manifests = blob(&copy, &top(&copy))["manifests"].as_array().unwrap().clone();
    let architectures: Vec<_> = manifests.iter().map(|it| it["platform"]["architecture"].clone()).collect();
    assert_eq!(architectures, ["amd64", "arm64"]);
    for manifest in &manifests {
        let layers = blob(&copy, manifest)["layers"].as_array().unwrap().clone();
        assert!(
            layers.iter().all(|layer| layer["mediaType"] == "application/vnd.oci.image.layer.v1.tar"),
            "{layers:?}"
        );
    }
    podman(folder.path(), &["load", "--quiet", "--input", archive.to_str().unwrap()]);
    let run = ["run", "--rm", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", "--network=none"];
    let name = "registry.example.org/team/sh:1";
    assert_eq!(podman(folder.path(), &[&run[..], &[name]].concat()), "x86_64-linux");
    podman(folder.path(), &["rmi", "--all", "--force"]);
}

#[test]
fn an_engine_is_given_one_image() {
    let recipe = nix::build(&index(""));
    let mut load = Command::new(nix::program("oci-bundle-image"));
    let output = load.args(["load", "--into", "podman"]).arg(&*recipe).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let problem = "is an index of images, and an engine takes one image; load that of its platform\n";
    assert_eq!(said, format!("container.image: '{}' {problem}", recipe.display()));
    assert!(!output.status.success());
}
