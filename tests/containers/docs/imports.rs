//! The rules of docs/architecture.md about which module imports which, against the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::support::nix;

const PAGE: &str = include_str!("../../../docs/architecture.md");

/// A file of the library: its module, as segments behind `crate`, and its text without comments.
struct Source {
    module: Vec<String>,
    text: String,
}

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// Every file of a package at and below a directory, but tests.
fn sources(package: &str) -> Vec<Source> {
    fn collect(directory: &Path, module: &[String], found: &mut Vec<Source>) {
        for entry in directory.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let inner = [module, std::slice::from_ref(&name)].concat();
            if name == "tests" {
                continue;
            }
            if path.is_dir() {
                collect(&path, &inner, found);
            } else if path.extension() == Some(OsStr::new("rs")) {
                let module = if name == "mod" { module.to_owned() } else { inner };
                found.push(Source { module, text: without_comments(&fs::read_to_string(&path).unwrap()) });
            }
        }
    }
    let mut found = Vec::new();
    collect(&nix::repository().join(package), &[], &mut found);
    assert!(!found.is_empty(), "{package}");
    found
}

impl Source {
    /// What it imports or names from its own package, as segments behind `crate`.
    fn imports(&self) -> BTreeSet<Vec<String>> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let mut found = BTreeSet::new();
        let starts = [("crate::", 0), ("super::", 1), ("self::", 0)];
        for (start, up) in starts {
            for (at, _) in self.text.match_indices(start) {
                if self.text[..at].ends_with(|c: char| is_part(c) || c == ':') {
                    continue;
                }
                let mut rest = &self.text[at + start.len()..];
                let mut path = match start {
                    "crate::" => Vec::new(),
                    _ => self.module[..self.module.len() - up.min(self.module.len())].to_owned(),
                };
                while let Some(above) = rest.strip_prefix("super::") {
                    path.pop();
                    rest = above;
                }
                loop {
                    if let Some((names, _)) = rest.strip_prefix('{').and_then(|names| names.split_once('}')) {
                        let names = names.split(',').map(|name| name.trim().split("::").next().unwrap().to_owned());
                        found.extend(names.filter(|name| !name.is_empty()).map(|name| [&path[..], &[name]].concat()));
                        break;
                    }
                    let name: String = rest.chars().take_while(|c| is_part(*c)).collect();
                    rest = &rest[name.len()..];
                    path.extend((!name.is_empty()).then_some(name));
                    let Some(inner) = rest.strip_prefix("::") else {
                        found.insert(path);
                        break;
                    };
                    rest = inner;
                }
            }
        }
        found
    }
}

/// The modules of the builder's library, each with those that it imports: `plan` has several, which are known by their names.
fn imports_of_modules() -> BTreeMap<String, BTreeSet<String>> {
    let module_of = |path: &[String]| match path {
        [plan, inner, ..] if plan == "plan" && inner.chars().all(|c| c.is_lowercase() || c == '_') => {
            Some(format!("plan::{inner}"))
        }
        [plan, ..] if plan == "plan" => Some("plan".to_owned()),
        [other, ..] => Some(other.clone()),
        [] => None,
    };
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources("src") {
        let Some(module) = module_of(&source.module) else { continue };
        if ["lib", "main", "command_line", "plan"].contains(&module.as_str()) {
            continue;
        }
        let imports = source.imports().into_iter().filter_map(|path| module_of(&path));
        let is_outside = !module.starts_with("plan::");
        let imports = imports.map(|import| {
            if is_outside && import.starts_with("plan::") { "plan".to_owned() } else { import.replace("plan::", "") }
        });
        let own = module.replace("plan::", "");
        found.entry(module).or_default().extend(imports.filter(|import| *import != own));
    }
    found
}

#[test]
fn a_module_imports_what_the_architecture_says() {
    let (_, table) = PAGE.split_once("| module | what it is | imports |\n| --- | --- | --- |\n").unwrap();
    let mut above = BTreeSet::new();
    let mut described = BTreeMap::new();
    for line in table.lines().map_while(|line| line.strip_prefix("| ")) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let module = cells[0].trim_matches('`').to_owned();
        let imports: BTreeSet<_> = cells[2]
            .split(", ")
            .map(|name| name.trim_matches('`').to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        assert!(
            imports.iter().all(|import| import == "plan" || above.contains(import)),
            "{module} imports what does not stand above it"
        );
        above.insert(module.replace("plan::", ""));
        described.insert(module, imports);
    }
    assert_eq!(described, imports_of_modules());
}

/// In each package, what a module imports never imports it in turn: not the files of a directory, nor the directories.
#[test]
fn no_modules_import_each_other() {
    for package in ["src", "cli/src", "image/src"] {
        let sources = sources(package);
        let parents: BTreeSet<_> =
            sources.iter().flat_map(|source| (0..source.module.len()).map(|n| source.module[..n].to_vec())).collect();
        for parent in parents {
            let child = |path: &[String]| path.strip_prefix(&parent[..]).and_then(|rest| rest.first().cloned());
            let children: BTreeSet<_> = sources.iter().filter_map(|source| child(&source.module)).collect();
            let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for source in &sources {
                let Some(from) = child(&source.module) else { continue };
                let to = source.imports().into_iter().filter_map(|path| child(&path));
                let to: Vec<_> = to.filter(|to| *to != from && children.contains(to)).collect();
                imports.entry(from).or_default().extend(to);
            }
            // What imports nothing more is taken away until nothing is left.
            while let Some(leaf) = imports.iter().find(|(_, to)| to.is_empty()).map(|(from, _)| from.clone()) {
                imports.remove(&leaf);
                for to in imports.values_mut() {
                    to.remove(&leaf);
                }
            }
            assert!(imports.is_empty(), "{package}, {}: a cycle among {imports:?}", parent.join("::"));
        }
    }
}

#[test]
fn an_import_is_found_however_it_is_written() {
    let text = "use crate::plan::file;\nuse super::tree::{self, Tree};\nuse self::steps::Steps;\nuse crate::plan::{a, b::C};\n\
                // crate::comment\nfn f() { crate::plan::mounts::g(); super::super::x::h() }\n";
    let module = ["plan", "rootfs", "files"].map(str::to_owned).to_vec();
    let source = Source { module, text: without_comments(text) };
    let found: BTreeSet<_> = source.imports().into_iter().map(|path| path.join("::")).collect();
    let wanted = [
        "plan::a",
        "plan::b",
        "plan::file",
        "plan::mounts::g",
        "plan::rootfs::files::steps::Steps",
        "plan::rootfs::tree",
        "plan::x::h",
    ];
    for path in wanted {
        assert!(found.iter().any(|found| found.starts_with(path)), "{path}: {found:?}");
    }
    assert!(!found.iter().any(|found| found.contains("comment")), "{found:?}");
}

#[test]
fn only_programs_read_the_environment() {
    for package in ["src", "cli/src", "image/src"] {
        // The files at the top of a package are its program.
        for source in sources(package).iter().filter(|source| source.module.len() > 1) {
            let reads = ["env::var", "env::vars", "env!(", "var_os(", "vars_os("];
            let found: Vec<_> = reads.iter().filter(|read| source.text.contains(**read)).collect();
            assert!(found.is_empty(), "{package}/{}: {found:?}", source.module.join("/"));
        }
    }
}
