//! What is in the layers, compared with the bundle's own root filesystem.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::recipe::{PYTHON, image};
use super::umoci::unpack;
use crate::support::nix;

/// A root filesystem, but for its root: no layer has an entry for that, so each client chooses the mode.
pub struct Tree(BTreeMap<PathBuf, Entry>);

/// A file with its owner and permissions.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    kind: Kind,
    mode: u32,
    owner: (u32, u32),
    modified: i64,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Directory,
    File(Vec<u8>),
    Link(PathBuf),
}

impl Tree {
    /// That of a bundle, with the owners and modes that a store cannot hold: config.json has them.
    pub fn of_bundle(bundle: &Path) -> Self {
        let mut tree = Self::read(&bundle.join("rootfs"));
        let config: Value = serde_json::from_slice(&fs::read(bundle.join("config.json")).unwrap()).unwrap();
        let stated: Value = match config["annotations"]["io.github.oci-bundle.files"].as_str() {
            Some(text) => serde_json::from_str(text).unwrap(),
            None => Value::Null,
        };
        for (name, entry) in &mut tree.0 {
            let is_in_store = name.parent().is_some_and(|parent| parent.starts_with("nix/store"));
            if is_in_store || matches!(entry.kind, Kind::Link(_)) {
                continue;
            }
            let path = format!("/{}", name.display());
            let stated = &stated[&path];
            let octal = |text: &str| u32::from_str_radix(text, 8).unwrap();
            // Nix keeps of a mode whether a file may be run (Nix manual, "Store Object").
            let usual = if entry.mode & 0o100 == 0 { 0o644 } else { 0o755 };
            entry.mode = stated["mode"].as_str().map(octal).or_else(|| mode_in_memory(&config, &path)).unwrap_or(usual);
            let id = |name: &str| stated[name].as_u64().map_or(0, |id| u32::try_from(id).unwrap());
            entry.owner = (id("uid"), id("gid"));
        }
        tree
    }

    /// What a client has made of an image.
    pub fn read(root: &Path) -> Self {
        let mut tree = Self(BTreeMap::new());
        tree.add(root, Path::new(""));
        tree
    }

    fn add(&mut self, root: &Path, below: &Path) {
        for entry in fs::read_dir(root.join(below)).unwrap() {
            let name = below.join(entry.unwrap().file_name());
            let entry = Entry::read(&root.join(&name));
            if entry.kind == Kind::Directory {
                self.add(root, &name);
            }
            self.0.insert(name, entry);
        }
    }

    /// All root's, and for nobody else to write, for a client that restores no owners and takes its umask.
    pub fn of_root_alone(mut self) -> Self {
        for entry in self.0.values_mut() {
            entry.owner = (0, 0);
            if entry.kind == Kind::Directory {
                entry.mode &= !0o022;
            }
        }
        self
    }

    /// With the time that Nix gives all, for a client that gives none.
    pub fn with_times_of_nix(mut self) -> Self {
        self.0.values_mut().for_each(|entry| entry.modified = 1);
        self
    }

    /// Fails unless an image has what this bundle has.
    pub fn assert_found(&self, found: &Self, what: &str) {
        assert!(self.0.len() > 500, "{what}: it has next to nothing");
        let names = self.0.keys().chain(found.0.keys());
        let differ = names.filter(|name| self.0.get(*name) != found.0.get(*name));
        let differ: Vec<_> =
            differ.take(5).map(|name| (name, about(self.0.get(name)), about(found.0.get(name)))).collect();
        assert!(differ.is_empty(), "{what}: {differ:?}");
    }
}

/// An entry without its bytes, for a message.
fn about(entry: Option<&Entry>) -> String {
    entry.map_or_else(
        || "nothing".to_owned(),
        |it| format!("mode {:o}, owner {:?}, time {}, {} bytes", it.mode, it.owner, it.modified, it.kind.size()),
    )
}

impl Kind {
    fn size(&self) -> usize {
        if let Self::File(bytes) = self { bytes.len() } else { 0 }
    }
}

impl Entry {
    fn read(path: &Path) -> Self {
        let metadata = fs::symlink_metadata(path).unwrap();
        let kind = if metadata.is_dir() {
            Kind::Directory
        } else if metadata.is_symlink() {
            Kind::Link(fs::read_link(path).unwrap())
        } else {
            Kind::File(fs::read(path).unwrap())
        };
        Self {
            kind,
            mode: metadata.mode() & 0o7777,
            owner: (metadata.uid(), metadata.gid()),
            modified: metadata.mtime(),
        }
    }
}

/// The mode of a mount in memory, which the directory has in an image.
fn mode_in_memory(config: &Value, path: &str) -> Option<u32> {
    let mounts = config["mounts"].as_array().unwrap();
    let mount = mounts.iter().find(|mount| mount["destination"] == path && mount["type"] == "tmpfs")?;
    let mut options = mount["options"].as_array().unwrap().iter().filter_map(Value::as_str);
    options.find_map(|option| u32::from_str_radix(option.strip_prefix("mode=")?, 8).ok())
}

#[test]
fn the_layers_have_what_the_bundle_has() {
    let wanted = Tree::of_bundle(&nix::build(PYTHON));
    for compression in ["gzip", "none"] {
        for layers in ["2", "100"] {
            let more = format!("image = {{ compression = \"{compression}\"; maxLayers = {layers}; tag = \"x\"; }};");
            let layout = nix::build(&format!("{}.layout", image(&more)));
            let folder = TempDir::new().unwrap();
            let root = unpack(&layout, "x", &folder.path().join("bundle")).join("rootfs");
            wanted.assert_found(&Tree::read(&root), &format!("{compression}, {layers}"));
            let greet = fs::symlink_metadata(root.join("bin/greet")).unwrap();
            assert_eq!((greet.mode() & 0o7777, greet.uid(), greet.gid(), greet.mtime()), (0o755, 0, 0, 1));
            let in_store = fs::metadata(root.join("etc/passwd")).unwrap();
            assert_eq!(in_store.mode() & 0o7777, 0o644);
            let python = fs::metadata(root.join("bin/python3")).unwrap();
            assert_eq!((python.mode() & 0o7777, python.mtime()), (0o555, 1));
        }
    }
}
