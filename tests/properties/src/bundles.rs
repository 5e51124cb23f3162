//! Whole bundles, of store paths and arguments of any kind.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use camino::Utf8Path;
use oci_bundle_builder::bundle::progress::Progress;
use oci_bundle_builder::config;
use oci_bundle_builder::container::{Container, Store};
use oci_bundle_builder::nix::closure::{Closure, Node};
use oci_bundle_builder::nix::store::StoreDir;
use oci_bundle_builder::rootfs::tree::{self, Content, Directory, Node as Planned};
use oci_bundle_builder::rootfs::view::View;
use oci_bundle_builder::rootfs::{self, Facts};
use oci_bundle_builder::{bundle, program};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::trees::{self, Entry};

/// A store with paths `p0`, `p1`, …, and the arguments of a container that has them.
#[derive(Clone, Debug)]
struct Case {
    packages: Vec<Vec<(OsString, Entry)>>,
    files: BTreeMap<String, String>,
    mounts: Vec<String>,
    cwd: String,
    program: String,
    is_mounted: bool,
    has_base_files: bool,
}

fn place() -> impl Strategy<Value = String> {
    let step = select(vec!["a", "b", "bin", "etc", "nix", "dev", "passwd", "store"]);
    vec(step, 1..4).prop_map(|steps| format!("/{}", steps.join("/")))
}

fn case() -> impl Strategy<Value = Case> {
    let trees = vec(trees::entries(), 1..4);
    let files = btree_map(place(), ".{0,5}", 0..3);
    let trees = (trees, option::weighted(0.2, trees::hostile())).prop_map(|(mut packages, hostile)| {
        if let Some((name, entry)) = hostile {
            // Instead of what is there.
            packages[0].retain(|(other, _)| *other != name);
            packages[0].push((name, entry));
        }
        packages
    });
    (trees, files, vec(place(), 0..3), place(), place(), any::<bool>(), any::<bool>()).prop_map(
        |(packages, files, mounts, cwd, program, is_mounted, has_base_files)| Case {
            packages,
            files,
            mounts,
            cwd,
            program,
            is_mounted,
            has_base_files,
        },
    )
}

/// The store, made.
struct Made {
    folder: TempDir,
    closure: Closure,
    arguments: Value,
}

impl Made {
    fn of(case: &Case) -> Self {
        let folder = TempDir::new().unwrap();
        let store = folder.path().join("store");
        fs::create_dir(&store).unwrap();
        // What links might lead to, if they led out.
        fs::write(folder.path().join("canary"), "alive").unwrap();
        let mut graph = Vec::new();
        for (number, entries) in case.packages.iter().enumerate() {
            let path = store.join(format!("{number:032}-p{number}"));
            fs::create_dir(&path).unwrap();
            trees::make(entries, &path);
            graph.push(Node { path: path.to_str().unwrap().to_owned(), references: Vec::new(), size: 1 });
        }
        let paths: Vec<_> = graph.iter().map(|node| node.path.clone()).collect();
        let texts = case.files.iter().map(|(path, text)| (path.clone(), json!({ "text": text })));
        let mounts = case.mounts.iter().map(|path| (path.clone(), json!({ "type": "tmpfs", "source": "tmpfs" })));
        let arguments = json!({
            "args": [case.program],
            "contents": paths,
            "files": texts.collect::<serde_json::Map<_, _>>(),
            "mounts": mounts.collect::<serde_json::Map<_, _>>(),
            "cwd": case.cwd,
            "store": if case.is_mounted { "mount" } else { "copy" },
            "baseFiles": case.has_base_files,
        });
        let store = StoreDir::new(store.to_str().unwrap()).unwrap();
        Self { folder, closure: Closure::decode(&graph, &store).unwrap(), arguments }
    }

    /// Everything the builder does, into a new directory of that name. Gives its plan, and the document.
    fn build(&self, name: &str) -> Result<(rootfs::tree::Tree<'_>, Value)> {
        let container = Container::decode(&self.arguments, "x86_64-linux")?;
        let mounts = config::mounts::of(&container, &self.closure);
        let mut document = config::document(&container, "it", &mounts, &self.closure)?;
        let facts = Facts::of(&container, &document, &mounts)?;
        let (plan, points) = rootfs::plan(&container, &self.closure, &facts)?;
        let view = View::of(&plan, &points, &mounts)?;
        // Whether it would start, does not matter here.
        let attribute = config::attribute_of_program(&container);
        let _ = program::check(&document, &attribute, &view, "x86_64-linux");
        if container.store == Store::Mount {
            config::mount_store(&mut document, &mounts, &plan)?;
        }
        let out = self.folder.path().join(name);
        let out = Utf8Path::from_path(&out).unwrap();
        bundle::write(out, &plan, container.store, &document, &Progress::default())?;
        Ok((plan, document))
    }
}

/// What a directory of the plan looks like when it is made, as [`trees::listing`] has it.
fn planned(directory: &Directory, place: &Path, is_copied: bool, found: &mut BTreeMap<PathBuf, (String, Vec<u8>)>) {
    if let Some(source) = directory.copy_of.as_ref().filter(|_| is_copied) {
        for (path, kind, bytes) in trees::listing(source) {
            found.insert(place.join(path), (kind, bytes));
        }
    }
    for (name, node) in &directory.children {
        let place = place.join(name);
        let (kind, bytes) = match node {
            Planned::Directory(directory) => {
                found.insert(place.clone(), ("directory".to_owned(), Vec::new()));
                planned(directory, &place, is_copied, found);
                continue;
            }
            Planned::File(file) => {
                let kind = if file.executable { "program" } else { "file" };
                let bytes = match &file.content {
                    Content::Text(text) => text.clone().into_bytes(),
                    Content::CopyOf(source) => fs::read(source).unwrap(),
                };
                (kind.to_owned(), bytes)
            }
            Planned::Link(target) => ("link".to_owned(), target.as_os_str().as_bytes().to_owned()),
            Planned::Copy(tree::Copy { is_link: false, .. }) if !is_copied => ("file".to_owned(), Vec::new()),
            Planned::Copy(tree::Copy { of, .. }) => {
                let name = of.file_name().unwrap();
                let listing = trees::listing(of.parent().unwrap());
                let (_, kind, bytes) = listing.into_iter().find(|(path, ..)| path == Path::new(name)).unwrap();
                (kind, bytes)
            }
        };
        found.insert(place, (kind, bytes));
    }
}

/// Whether nothing is planned in a directory that is copied.
fn has_whole_store(directory: &Directory, copied: Option<&Path>) -> bool {
    let copied = directory.copy_of.as_deref().or(copied);
    let is_whole = copied.is_none() || directory.children.is_empty();
    is_whole
        && directory.children.values().all(|node| match node {
            Planned::Directory(inner) => has_whole_store(inner, copied),
            _ => true,
        })
}

proptest! {
    #[test]
    fn what_is_planned_is_written_and_nothing_else(case in case()) {
        let made = Made::of(&case);
        let before = trees::listing(made.folder.path());
        let built = made.build("out");
        let out = made.folder.path().join("out");
        let mut after = trees::listing(made.folder.path());
        after.retain(|(path, ..)| !path.starts_with("out"));
        prop_assert_eq!(&before, &after, "something outside of the output has changed");
        let (plan, document) = match built {
            Err(_) => {
                prop_assert!(!out.exists(), "something is left of what failed");
                return Ok(());
            }
            Ok(built) => built,
        };
        let has_special = before.iter().any(|(_, kind, _)| kind == "special");
        prop_assert!(case.is_mounted || !has_special, "what no store has was copied");
        prop_assert!(has_whole_store(plan.root(), None), "something was made in a store path that no argument names");

        let mut expected = BTreeMap::new();
        planned(plan.root(), Path::new(""), !case.is_mounted, &mut expected);
        let written = trees::listing(&out.join("rootfs")).into_iter().map(|(path, kind, bytes)| (path, (kind, bytes)));
        prop_assert_eq!(written.collect::<BTreeMap<_, _>>(), expected);
        let text = fs::read_to_string(out.join("config.json")).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);

        made.build("again").unwrap();
        prop_assert_eq!(trees::listing(&out), trees::listing(&made.folder.path().join("again")));
    }
}
