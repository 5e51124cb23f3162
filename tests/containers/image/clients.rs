//! Clients that load images, each with a store of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::recipe::{image, manifest};
use crate::support::nix;

fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Podman with images and containers in this folder.
pub fn podman(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("podman");
    command.arg("--root").arg(folder.join("images")).arg("--runroot").arg(folder.join("run"));
    command.args(["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--runtime", "runc"]);
    succeeds(&command.args(args).output().unwrap())
}

#[test]
fn podman_loads_the_archive_and_runs_it() {
    let archive = nix::build(&format!(
        "{}.archive",
        image("image = { name = \"registry.example.org/team/py\"; tag = \"1.0\"; };")
    ));
    let recipe = nix::build(&image("image = { name = \"registry.example.org/team/py\"; tag = \"1.0\"; };"));
    let folder = TempDir::new().unwrap();
    let said = podman(folder.path(), &["load", "--quiet", "--input", archive.to_str().unwrap()]);
    assert_eq!(said, "Loaded image: registry.example.org/team/py:1.0\n");
    // The image's id is the digest of the recipe's configuration.
    let listed = podman(folder.path(), &["images", "--no-trunc", "--format", "{{.Id}}"]);
    let digest = manifest(&recipe)["config"]["digest"].as_str().unwrap().to_owned();
    assert_eq!(format!("sha256:{}", listed.trim()), digest);
    let run = ["run", "--rm", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", "--network=none"];
    let name = "registry.example.org/team/py:1.0";
    assert_eq!(podman(folder.path(), &[&run[..], &[name]].concat()), "42\n");
    // Arguments take the place of Cmd.
    let print = "import os; print(os.getuid(), os.getcwd(), open('/etc/greeting').read(), end='')";
    assert_eq!(podman(folder.path(), &[&run[..], &[name, "-c", print]].concat()), "1000 /srv hello\n");
    podman(folder.path(), &["rmi", "--all", "--force"]);
}

#[test]
fn skopeo_copies_the_layout_and_changes_nothing() {
    for compression in ["zstd", "gzip", "none"] {
        let layout = nix::build(&format!("{}.layout", image(&format!("image.compression = \"{compression}\";"))));
        let folder = TempDir::new().unwrap();
        let copy = folder.path().join("copy");
        let mut command = Command::new("skopeo");
        command.args(["--insecure-policy", "copy", "--quiet", "--preserve-digests"]);
        command.arg(format!("oci:{}:latest", layout.display())).arg(format!("dir:{}", copy.display()));
        succeeds(&command.output().unwrap());
        let copied: Value = serde_json::from_slice(&fs::read(copy.join("manifest.json")).unwrap()).unwrap();
        assert_eq!(copied, manifest(&layout), "{compression}");
    }
}

/// What an archive is, as docker and containerd read it, and as podman and skopeo do.
#[test]
fn the_archive_is_a_layout_and_what_docker_loads() {
    let archive = nix::build(&format!("{}.archive", image("")));
    let recipe = nix::build(&image(""));
    let folder = TempDir::new().unwrap();
    succeeds(&Command::new("tar").arg("-xf").arg(&*archive).arg("-C").arg(folder.path()).output().unwrap());
    let docker: Value = serde_json::from_slice(&fs::read(folder.path().join("manifest.json")).unwrap()).unwrap();
    let plain = manifest(folder.path());
    assert_eq!(plain["config"], manifest(&recipe)["config"]);
    let path = |descriptor: &Value| format!("blobs/{}", descriptor["digest"].as_str().unwrap().replace(':', "/"));
    assert_eq!(docker[0]["Config"], path(&plain["config"]));
    assert_eq!(docker[0]["RepoTags"], serde_json::json!(["python:latest"]));
    let layers: Vec<_> = plain["layers"].as_array().unwrap().iter().map(path).collect();
    assert_eq!(docker[0]["Layers"], serde_json::json!(layers));
    for layer in &layers {
        let sum = succeeds(&Command::new("sha256sum").arg(folder.path().join(layer)).output().unwrap());
        assert!(layer.ends_with(sum.split(' ').next().unwrap()), "{layer}");
    }
}
