//! Packages at `/`: their trees become one, made of links.
//!
//! The rules are those of nixpkgs' `buildEnv`, so that its image builders' packages do the same here.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::tree::{self, Node, Tree};
use crate::plan::definition::contents::Package;
use crate::plan::diagnostics::{ArgumentError, AttrPath};
use crate::plan::file;
use crate::plan::resolve::{self, Entry, Lookup};
use crate::plan::resolve::{Content, File};

/// Names at the top of a package that are about the package itself.
const NOT_CONTENTS: [&str; 2] = ["nix-support", "propagated-build-inputs"];

/// What a package wants to have beside it, if it is there: store paths between spaces.
const PROPAGATED: &str = "nix-support/propagated-user-env-packages";

/// How long that list may be, in bytes: some thousand store paths.
const LONGEST_LIST: u64 = 1 << 20;

/// The priorities of what is only propagated begin here; there, the first one is taken without a question.
const FIRST_PROPAGATED: i64 = 1000;

/// Plans the packages' trees at `/`.
///
/// A directory that only one package has becomes a link to it. One that several have becomes a directory with what
/// all of them have there. Where they have different files, the package of the lower priority is taken.
///
/// # Errors
/// An [`ArgumentError`] at a package that is none, or that has another file than a package of the same priority.
pub fn add(tree: &mut Tree<'_>, packages: &[Package]) -> Result<()> {
    let mut sources = Vec::new();
    for package in packages {
        for path in &package.paths {
            let (attribute, priority) = (&package.attribute, package.priority);
            sources.push(Source { attribute, priority, path: path.into(), place: path.into() }.checked(tree)?);
        }
    }
    add_propagated(tree, &mut sources)?;
    let mut known = BTreeSet::new();
    sources.retain(|source| known.insert(source.path.clone()));
    for source in &sources {
        tree.add_package(source.place.clone());
    }
    merge(tree, Path::new("/"), sources)
}

/// A file or directory of a package, by its path in the store.
#[derive(Clone, Debug)]
struct Source<'p> {
    attribute: &'p AttrPath,
    priority: i64,
    path: PathBuf,
    /// The directory at the path, without links; of what is in one, the place of what may still be a link.
    place: PathBuf,
}

impl Source<'_> {
    fn checked(self, tree: &Tree<'_>) -> Result<Self> {
        let shown = self.path.display();
        if !tree.closure().has(&self.path) {
            return Err(ArgumentError::new(
                self.attribute,
                format!("found \"{shown}\", which is not a store path of the closure; want a package"),
            )
            .into());
        }
        let resolved = resolve::resolve(tree, &self.path)?;
        match resolved.entry {
            Entry::Directory => Ok(Self { place: resolved.place, ..self }),
            Entry::Nothing => Err(ArgumentError::new(self.attribute, format!("\"{shown}\" does not exist")).into()),
            _ => Err(ArgumentError::new(
                self.attribute,
                format!(
                    "\"{shown}\" is a file, want a package: a directory with bin, etc, share or the like; use \
                     files.\"/path\".source to have a file somewhere"
                ),
            )
            .into()),
        }
    }
}

/// Adds what the packages propagate, each with a lower precedence than all before.
fn add_propagated(tree: &Tree<'_>, sources: &mut Vec<Source<'_>>) -> Result<()> {
    let mut known: BTreeSet<PathBuf> = sources.iter().map(|source| source.path.clone()).collect();
    let mut priority = FIRST_PROPAGATED;
    let mut next = 0;
    while let Some(source) = sources.get(next).cloned() {
        next += 1;
        // Links are followed here as well: one that leads out of the closure has no list.
        let list = resolve::try_resolve(tree, &source.path.join(PROPAGATED))?;
        let Some(Entry::File(File { content: Content::CopyOf(list), .. })) = list.map(|list| list.entry) else {
            continue;
        };
        let text = file::read_text(&list, LONGEST_LIST)
            .map_err(|error| ArgumentError::new(source.attribute, format!("{error:#}")))?;
        for path in text.split_whitespace().map(PathBuf::from) {
            if known.insert(path.clone()) {
                sources.push(Source { priority, place: path.clone(), path, ..source.clone() }.checked(tree)?);
                priority += 1;
            }
        }
    }
    Ok(())
}

/// Plans what the directories `sources` have, in the directory at the real place `directory`.
fn merge(tree: &mut Tree<'_>, directory: &Path, sources: Vec<Source<'_>>) -> Result<()> {
    let mut found: BTreeMap<OsString, Vec<Child<'_>>> = BTreeMap::new();
    for source in sources {
        let (_, at) = tree.at(&source.place)?;
        for name in tree.list_at(at)? {
            if is_content(directory, &name) {
                let (path, place) = (source.path.join(&name), source.place.join(&name));
                let (entry, _) = tree.step(&at, &place)?;
                let source = Source { path, place, ..source };
                found.entry(name).or_default().push(Child { source, entry });
            }
        }
    }
    for (name, children) in found {
        let place = directory.join(&name);
        if tree.closure().has(&place) {
            let source = &children[0].source;
            let problem = format!(
                "'{}' would replace a store path of the container; leave the package out, or change it",
                source.path.display()
            );
            return Err(ArgumentError::new(source.attribute, problem).into());
        }
        let is_there = tree.lstat(&place)? == Entry::Directory;
        match chosen(tree, &place, children, is_there)? {
            Chosen::One(path) => tree.insert(&place, Node::Link(path))?,
            Chosen::Merged(sources) => {
                if !is_there {
                    tree.insert(&place, Node::Directory(tree::Directory::default()))?;
                }
                merge(tree, &place, sources)?;
            }
        }
    }
    Ok(())
}

/// What a package has in a directory; what is seen there may be a link.
struct Child<'p> {
    source: Source<'p>,
    entry: Entry,
}

impl Child<'_> {
    /// What is there with links followed; nothing where they lead nowhere.
    fn resolved(self, tree: &Tree<'_>) -> Result<Self> {
        if !matches!(self.entry, Entry::Link(_)) {
            return Ok(self);
        }
        Ok(match resolve::try_resolve(tree, &self.source.place)? {
            Some(resolved) => Self { source: Source { place: resolved.place, ..self.source }, entry: resolved.entry },
            // A loop of links: a link like any other that leads nowhere.
            None => Self { entry: Entry::Nothing, ..self },
        })
    }
}

fn is_content(directory: &Path, name: &OsStr) -> bool {
    !(directory == Path::new("/") && NOT_CONTENTS.iter().any(|other| name == *other)
        // The index of Info pages is another one in each package, and of no use merged.
        || directory.ends_with("share/info") && name == "dir")
}

/// What becomes of a name that one or several packages have.
enum Chosen<'p> {
    One(PathBuf),
    Merged(Vec<Source<'p>>),
}

/// Chooses among the packages' files or directories of one name, whose place has a directory already or not.
fn chosen<'p>(tree: &Tree<'_>, place: &Path, children: Vec<Child<'p>>, is_there: bool) -> Result<Chosen<'p>> {
    let (mut directories, mut files) = (Vec::new(), Vec::new());
    for child in children {
        let child = child.resolved(tree)?;
        if child.entry == Entry::Directory { directories.push(child.source) } else { files.push(child) }
    }
    if let (true, Some(Child { source, .. })) = (is_there, files.first()) {
        let problem = format!(
            "'{}' is a file, but the container needs a directory at {}",
            source.path.display(),
            place.display()
        );
        return Err(ArgumentError::new(source.attribute, problem).into());
    }
    let lowest_directory = directories.iter().map(|source| source.priority).min();
    let lowest_file = files.iter().map(|child| child.source.priority).min();
    match (lowest_directory, lowest_file) {
        (Some(directory), Some(file)) if directory == file => {
            Err(collision(place, &directories[0], &files[0].source).into())
        }
        (None, Some(_)) => one_file(place, &files),
        (Some(directory), Some(file)) if file < directory => one_file(place, &files),
        _ => {
            let first = &directories[0];
            let is_one = !is_there && directories.iter().all(|other| other.place == first.place);
            if is_one {
                // The directory itself rather than a link to it.
                let itself = directories.iter().find(|source| source.path == source.place);
                return Ok(Chosen::One(itself.unwrap_or(first).path.clone()));
            }
            Ok(Chosen::Merged(directories))
        }
    }
}

/// Chooses the file of the lowest priority; there may be several that are the same.
fn one_file<'p>(place: &Path, files: &[Child<'_>]) -> Result<Chosen<'p>> {
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort_by_key(|child| child.source.priority);
    let first = sorted[0];
    for other in &sorted[1..] {
        let asks = other.source.priority == first.source.priority && other.source.priority < FIRST_PROPAGATED;
        if asks && first.source.place != other.source.place && !is_same(&first.entry, &other.entry)? {
            return Err(collision(place, &first.source, &other.source).into());
        }
    }
    Ok(Chosen::One(first.source.path.clone()))
}

fn collision(place: &Path, one: &Source<'_>, other: &Source<'_>) -> ArgumentError {
    let mut both = [one, other];
    both.sort_by_key(|source| source.attribute.to_string());
    let [first, second] = both;
    ArgumentError::new(
        second.attribute,
        format!(
            "found two versions of {}: '{}' and '{}', of {}; leave one out, or choose one with lib.hiPrio",
            place.display(),
            second.path.display(),
            first.path.display(),
            first.attribute,
        ),
    )
}

/// Whether two files of the closure have the same contents and can both be run or not. What is not there is never the same.
fn is_same(one: &Entry, other: &Entry) -> Result<bool> {
    let (Entry::File(one), Entry::File(other)) = (one, other) else { return Ok(false) };
    if one.executable != other.executable {
        return Ok(false);
    }
    let (Content::CopyOf(one), Content::CopyOf(other)) = (&one.content, &other.content) else { return Ok(false) };
    let (one_file, other_file) = (file::open(one)?, file::open(other)?);
    let length = |file: &fs::File, path: &Path| {
        file.metadata()
            .map(|metadata| metadata.len())
            .with_context(|| format!("reading the metadata of '{}'", path.display()))
    };
    if length(&one_file, one)? != length(&other_file, other)? {
        return Ok(false);
    }
    let (mut one_bytes, mut other_bytes) = (BufReader::new(one_file).bytes(), BufReader::new(other_file).bytes());
    loop {
        match (one_bytes.next().transpose(), other_bytes.next().transpose()) {
            (Ok(None), Ok(None)) => return Ok(true),
            (Ok(a), Ok(b)) if a == b => {}
            (Ok(_), Ok(_)) => return Ok(false),
            (Err(error), _) => return Err(error).with_context(|| format!("reading '{}'", one.display())),
            (_, Err(error)) => return Err(error).with_context(|| format!("reading '{}'", other.display())),
        }
    }
}
