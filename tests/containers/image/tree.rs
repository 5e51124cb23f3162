//! What is in the layers, compared with the bundle's own root filesystem.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::recipe::{PYTHON, image};
use crate::support::nix;

/// A file as far as an image and a bundle have it alike.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Directory,
    File { is_executable: bool, bytes: Vec<u8> },
    Link(PathBuf),
}

fn walk(root: &Path, below: &Path, found: &mut BTreeMap<PathBuf, Found>) {
    for entry in fs::read_dir(root.join(below)).unwrap() {
        let name = below.join(entry.unwrap().file_name());
        let path = root.join(&name);
        let metadata = fs::symlink_metadata(&path).unwrap();
        let kind = if metadata.is_dir() {
            walk(root, &name, found);
            Found::Directory
        } else if metadata.is_symlink() {
            Found::Link(fs::read_link(&path).unwrap())
        } else {
            let is_executable = metadata.permissions().mode() & 0o111 != 0;
            Found::File { is_executable, bytes: fs::read(&path).unwrap() }
        };
        found.insert(name, kind);
    }
}

/// Unpacks an image with umoci, and gives its root filesystem.
fn unpack(layout: &Path, tag: &str, to: &Path) -> PathBuf {
    let output = Command::new("umoci")
        .args(["unpack", "--image", &format!("{}:{tag}", layout.display())])
        .arg(to)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    to.join("rootfs")
}

#[test]
fn the_layers_have_what_the_bundle_has() {
    let bundle = nix::build(PYTHON);
    let mut wanted = BTreeMap::new();
    walk(&bundle.join("rootfs"), Path::new(""), &mut wanted);
    for compression in ["gzip", "none"] {
        for layers in ["2", "100"] {
            let more = format!("image = {{ compression = \"{compression}\"; maxLayers = {layers}; tag = \"x\"; }};");
            let layout = nix::build(&format!("{}.layout", image(&more)));
            let folder = TempDir::new().unwrap();
            let root = unpack(&layout, "x", &folder.path().join("bundle"));
            let mut found = BTreeMap::new();
            walk(&root, Path::new(""), &mut found);
            let differ = |name: &&PathBuf| wanted.get(*name) != found.get(*name);
            let names: Vec<_> = wanted.keys().chain(found.keys()).filter(differ).take(5).collect();
            assert!(names.is_empty(), "{compression}, {layers}: {names:?}");
            let greet = fs::symlink_metadata(root.join("bin/greet")).unwrap();
            assert_eq!((greet.mode() & 0o7777, greet.uid(), greet.gid(), greet.mtime()), (0o755, 0, 0, 1));
            let in_store = fs::metadata(root.join("etc/passwd")).unwrap();
            assert_eq!(in_store.mode() & 0o7777, 0o644);
            let python = fs::metadata(root.join("bin/python3")).unwrap();
            assert_eq!((python.mode() & 0o7777, python.mtime()), (0o555, 1));
        }
    }
}
