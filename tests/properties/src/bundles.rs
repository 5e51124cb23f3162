//! Whole bundles, of store paths and arguments of any kind.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use camino::Utf8Path;
use oci_bundle_builder::bundle;
use oci_bundle_builder::bundle::progress::Progress;
use oci_bundle_builder::plan::ContainerPlan;
use oci_bundle_builder::plan::definition::Definition;
use oci_bundle_builder::plan::derivation::closure::{Closure, Node};
use oci_bundle_builder::plan::derivation::store::StoreDir;
use oci_bundle_builder::plan::resolve::Content;
use oci_bundle_builder::plan::rootfs::entries::EntryKind;
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
    fn new(case: &Case) -> Self {
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
            // Whether it would start, does not matter: `build` asks, and goes on.
            "checkProgram": false,
        });
        let store = StoreDir::new(store.to_str().unwrap()).unwrap();
        Self { folder, closure: Closure::decode(&graph, &store).unwrap(), arguments }
    }

    /// Everything the builder does, into a new directory of that name. Gives its plan.
    fn build(&self, name: &str) -> Result<ContainerPlan<'_>> {
        let definition = Definition::decode(&self.arguments, "x86_64-linux")?;
        let plan = ContainerPlan::new("it", &definition, &self.closure)?;
        let _ = plan.check_program(&definition);
        let out = self.folder.path().join(name);
        bundle::write(&plan, Utf8Path::from_path(&out).unwrap(), &Progress::default())?;
        Ok(plan)
    }
}

/// What a root filesystem looks like when it is made, as [`trees::listing`] has it.
fn planned(plan: &ContainerPlan<'_>) -> BTreeMap<PathBuf, (String, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in plan.entries() {
        let place = entry.path.strip_prefix("/").unwrap().to_owned();
        let (kind, bytes) = match entry.kind {
            EntryKind::Directory => ("directory".to_owned(), Vec::new()),
            EntryKind::CopiedDirectory(source) => {
                for (path, kind, bytes) in trees::listing(source) {
                    found.insert(place.join(path), (kind, bytes));
                }
                ("directory".to_owned(), Vec::new())
            }
            EntryKind::File(file) => {
                let kind = if file.executable { "program" } else { "file" };
                let bytes = match &file.content {
                    Content::Text(text) => text.clone().into_bytes(),
                    Content::CopyOf(source) => fs::read(source).unwrap(),
                };
                (kind.to_owned(), bytes)
            }
            EntryKind::Symlink(target) => ("link".to_owned(), target.as_os_str().as_bytes().to_owned()),
            EntryKind::Copied(source) => {
                let name = source.file_name().unwrap();
                let listing = trees::listing(source.parent().unwrap());
                let (_, kind, bytes) = listing.into_iter().find(|(path, ..)| path == Path::new(name)).unwrap();
                (kind, bytes)
            }
        };
        found.insert(place, (kind, bytes));
    }
    found
}

/// Whether nothing is planned in a directory that is copied.
fn has_whole_store(plan: &ContainerPlan<'_>) -> bool {
    let entries: Vec<_> = plan.entries().collect();
    let is_copied = |kind: &EntryKind<'_>| matches!(kind, EntryKind::CopiedDirectory(_));
    let copied: Vec<_> = entries.iter().filter(|entry| is_copied(&entry.kind)).map(|entry| &entry.path).collect();
    !entries.iter().any(|entry| copied.iter().any(|copied| entry.path.starts_with(copied) && entry.path != **copied))
}

/// Whether each entry comes after the one before, name by name, and so after the directory that it is in.
fn is_sorted(plan: &ContainerPlan<'_>) -> bool {
    let paths: Vec<_> = plan.entries().map(|entry| entry.path).collect();
    paths.is_sorted_by(|one, other| one.components().lt(other.components()))
}

proptest! {
    #[test]
    fn what_is_planned_is_written_and_nothing_else(case in case()) {
        let made = Made::new(&case);
        let before = trees::listing(made.folder.path());
        let built = made.build("out");
        let out = made.folder.path().join("out");
        let mut after = trees::listing(made.folder.path());
        after.retain(|(path, ..)| !path.starts_with("out"));
        prop_assert_eq!(&before, &after, "something outside of the output has changed");
        let plan = match built {
            Err(_) => {
                prop_assert!(!out.exists(), "something is left of what failed");
                return Ok(());
            }
            Ok(built) => built,
        };
        let has_special = before.iter().any(|(_, kind, _)| kind == "special");
        prop_assert!(case.is_mounted || !has_special, "what no store has was copied");
        prop_assert!(has_whole_store(&plan), "something was made in a store path that no argument names");

        let written = trees::listing(&out.join("rootfs")).into_iter().map(|(path, kind, bytes)| (path, (kind, bytes)));
        prop_assert_eq!(written.collect::<BTreeMap<_, _>>(), planned(&plan));
        let text = fs::read_to_string(out.join("config.json")).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Value>(&text).unwrap(), plan.config.document());
        prop_assert!(is_sorted(&plan), "a directory comes after what is in it, or names are out of order");

        made.build("again").unwrap();
        prop_assert_eq!(trees::listing(&out), trees::listing(&made.folder.path().join("again")));
    }
}
