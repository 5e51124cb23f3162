//! The documentation: every Nix block of docs/arguments.md is built and run, and where a block of text follows, that is what
//! it prints; modules and links exist.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::nix;
use crate::support::runtime;

const PAGE: &str = include_str!("../../../docs/arguments.md");

#[test]
fn the_examples_of_the_reference_do_what_they_say() {
    let mut examples = 0;
    let mut rest = PAGE;
    while let Some((_, from_block)) = rest.split_once("\n```nix\n") {
        let (expression, after) = from_block.split_once("\n```\n").unwrap();
        let bundle = nix::build(&format!("({expression})"));
        if let Some(output) = after.trim_start().strip_prefix("```text\n") {
            let (expected, _) = output.split_once("```\n").unwrap();
            for runtime in runtime::ALL {
                assert_eq!(runtime.sealed().prints(&bundle), expected, "{runtime:?}: {expression}");
            }
        }
        examples += 1;
        rest = after;
    }
    assert!(examples >= 6, "found {examples} examples only");
}

#[test]
fn the_architecture_has_every_module_and_no_other() {
    let page = include_str!("../../../docs/architecture.md");
    for package in ["src", "cli/src", "image/src"] {
        let start = format!("| `{package}/");
        let described: BTreeSet<_> =
            page.lines().filter_map(|line| line.strip_prefix(&start)?.split('`').next()).collect();
        let entries = nix::repository().join(package).read_dir().unwrap().map(|entry| entry.unwrap().path());
        // The tests of a file are in a folder of its name.
        let names = entries.filter(|path| !(path.is_dir() && path.with_extension("rs").exists()));
        let there: BTreeSet<_> = names.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
        assert_eq!(described, there.iter().map(String::as_str).collect(), "{package}");
    }
}

#[test]
fn the_architecture_has_every_file_of_the_nix_side() {
    let page = include_str!("../../../docs/architecture.md");
    let (_, table) = page.split_once("| file of `nix` | what it is |\n| --- | --- |\n").unwrap();
    let rows = table.lines().map_while(|line| line.strip_prefix("| ")?.split_once(" | "));
    let described: BTreeSet<_> =
        rows.flat_map(|(files, _)| files.split(", ")).map(|file| file.trim_matches('`').to_owned()).collect();
    let mut there = BTreeSet::new();
    for folder in ["", "lib/"] {
        for entry in nix::repository().join("nix").join(folder).read_dir().unwrap() {
            there.insert(format!("{folder}{}", entry.unwrap().file_name().into_string().unwrap()));
        }
    }
    // What is in it is listed instead.
    there.remove("lib");
    assert_eq!(described, there);
}

/// Those of our programs.
const MANIFESTS: [&str; 3] = [
    include_str!("../../../Cargo.toml"),
    include_str!("../../../cli/Cargo.toml"),
    include_str!("../../../image/Cargo.toml"),
];

#[test]
fn the_programs_have_the_same_versions_of_what_they_share() {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for lock in [
        include_str!("../../../Cargo.lock"),
        include_str!("../../../cli/Cargo.lock"),
        include_str!("../../../image/Cargo.lock"),
    ] {
        // One lock may have two versions of a package.
        let mut of_lock: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for package in lock.split("[[package]]\n").skip(1) {
            let mut fields = package.lines().filter_map(|line| line.split_once(" = "));
            let (name, version) = (fields.next().unwrap().1, fields.next().unwrap().1);
            of_lock.entry(name).or_default().insert(version);
        }
        for (name, found) in of_lock {
            let before = versions.entry(name).or_insert_with(|| found.clone());
            *before = before.intersection(&found).copied().collect();
            assert!(!before.is_empty(), "{name}: {found:?} only");
        }
    }
    let profile = |manifest: &'static str| {
        let (_, profile) = manifest.split_once("\n[profile.release]\n").unwrap();
        profile.split_once("\n[lints").unwrap().0
    };
    assert!(MANIFESTS.iter().all(|manifest| profile(manifest) == profile(MANIFESTS[0])));
}

#[test]
fn every_dependency_is_listed_with_its_purpose() {
    let section = |text: &str, start: &str| text.split_once(start).unwrap().1.to_owned();
    let mut wanted = BTreeSet::new();
    for manifest in MANIFESTS {
        let dependencies = section(manifest, "\n[dependencies]\n");
        wanted.extend(dependencies.lines().map_while(|line| Some(line.split_once(" = ")?.0.to_owned())));
    }
    wanted.remove("oci-bundle-builder");
    let table = section(include_str!("../../../README.md"), "| crate | for |\n| --- | --- |\n");
    let rows = table.lines().map_while(|line| line.strip_prefix("| ")?.split_once(" | "));
    let listed: BTreeSet<_> = rows.flat_map(|(crates, _)| crates.split(", ").map(str::to_owned)).collect();
    assert_eq!(listed, wanted);
}

#[test]
fn links_between_pages_lead_somewhere() {
    let repository = nix::repository();
    let mut links = 0;
    let pages = repository.join("docs").read_dir().unwrap().map(|page| page.unwrap().path());
    for page in pages.chain(["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(|page| repository.join(page))) {
        let text = fs::read_to_string(&page).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("https:") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(file.exists(), "{}: {target}", page.display());
            let has = |text: String| text.lines().any(|line| line.starts_with('#') && anchor_of(line) == anchor);
            assert!(anchor.is_empty() || has(fs::read_to_string(&file).unwrap()), "{}: {target}", page.display());
            links += 1;
        }
    }
    assert!(links > 30, "found {links} links only");
}

/// The anchor that a heading gets.
fn anchor_of(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// All that Rust sources at and below a directory say.
fn rust_below(directory: &Path) -> String {
    let entries = directory.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let text = |path: PathBuf| match path.extension().and_then(OsStr::to_str) {
        _ if path.is_dir() && path.file_name() != Some(OsStr::new("target")) => rust_below(&path),
        Some("rs") => fs::read_to_string(path).unwrap(),
        _ => String::new(),
    };
    entries.map(text).collect()
}

#[test]
fn every_promise_names_tests_that_there_are() {
    let page = fs::read_to_string(nix::repository().join("SECURITY.md")).unwrap();
    let sources: String =
        ["src", "cli", "tests"].iter().map(|folder| rust_below(&nix::repository().join(folder))).collect();
    let mut tests = 0;
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    for promise in rows.filter(|row| !row.starts_with("---") && !row.starts_with("promise |")) {
        let column = promise.split(" | ").last().unwrap();
        for test in column.split('`').skip(1).step_by(2) {
            assert!(
                sources.contains(&format!(" fn {test}(")) || sources.contains(&format!("\nfn {test}(")),
                "{promise}: {test}"
            );
            tests += 1;
        }
    }
    assert!(tests > 60, "found {tests} tests only");
}
