//! Owners, modes and capabilities in an image, as clients restore them.

use std::fs;

use tempfile::TempDir;

use super::clients::podman;
use super::umoci::unpack;
use crate::inside::owners::{ARGUMENTS, SCRIPT, printed};
use crate::support::nix;

/// Few layers, as Podman's `vfs` copies all below for each.
fn image(compression: &str, form: &str) -> String {
    format!(
        "(buildContainer {{
           name = \"owned\"; args = [ \"sh\" \"-c\" {} ]; contents = [ pkgs.busybox ];
           image = {{ name = \"localhost/owned\"; maxLayers = 2; compression = \"{compression}\"; }};
           {ARGUMENTS}
         }}).image{form}",
        nix::string(SCRIPT)
    )
}

#[test]
fn podman_shows_what_was_asked_for() {
    let archive = nix::build(&image("zstd", ".archive"));
    let folder = TempDir::new().unwrap();
    podman(folder.path(), &["load", "--quiet", "--input", archive.to_str().unwrap()]);
    let run = ["run", "--rm", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", "--network=none"];
    let said = podman(folder.path(), &[&run[..], &["localhost/owned"]].concat());
    assert_eq!(said, printed(7, 42));
    podman(folder.path(), &["rmi", "--all", "--force"]);
}

#[test]
fn umoci_restores_the_attribute_of_a_program() {
    let layout = nix::build(&image("gzip", ".layout"));
    let folder = TempDir::new().unwrap();
    let root = unpack(&layout, "latest", &folder.path().join("bundle")).join("rootfs");
    let mut value = [0; 64];
    let size = rustix::fs::getxattr(root.join("opt/capable/cat"), "security.capability", &mut value[..]).unwrap();
    // CAP_KILL is number 5.
    assert_eq!(value[..size], [1, 0, 0, 2, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let closed = fs::metadata(root.join("closed")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&closed), 7);
}
