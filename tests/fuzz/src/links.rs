//! The resolver of links, over trees of any kind.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use oci_bundle_builder::plan::resolve::{ByPath, Content, Entry, File, resolve};

/// A tree, by its places.
struct Tree(BTreeMap<PathBuf, Entry>);

impl Tree {
    /// Each line is a place, with a slash at the end for a directory, or with ` -> ` and its target for a link. What is
    /// below something else than a directory is left out.
    fn new<'l>(lines: impl Iterator<Item = &'l str>) -> Self {
        let mut tree = Self(BTreeMap::from([("/".into(), Entry::Directory)]));
        for line in lines {
            let (path, entry) = match line.split_once(" -> ") {
                Some((path, target)) if !target.is_empty() => (path, Entry::Link(target.into())),
                _ if line.ends_with('/') => (line, Entry::Directory),
                _ => (line, Entry::File(File { content: Content::Text(String::new()), executable: false })),
            };
            tree.add(path, entry);
        }
        tree
    }

    fn add(&mut self, path: &str, entry: Entry) {
        let names = Path::new(path).components().filter(|component| matches!(component, Component::Normal(_)));
        let place = Path::new("/").join(names.collect::<PathBuf>());
        for parent in place.ancestors().skip(1) {
            if !matches!(self.0.get(parent), None | Some(Entry::Directory)) {
                return;
            }
        }
        for parent in place.ancestors().skip(1) {
            self.0.insert(parent.to_owned(), Entry::Directory);
        }
        self.0.entry(place).or_insert(entry);
    }
}

fn lstat(tree: &Tree, place: &Path) -> Entry {
    tree.0.get(place).cloned().unwrap_or(Entry::Nothing)
}

/// The names of a path, `..` among them, and `.` at the end for a slash there.
fn steps(path: &Path) -> Vec<OsString> {
    let text = path.as_os_str().as_encoded_bytes();
    let names = path.components().filter(|step| matches!(step, Component::Normal(_) | Component::ParentDir));
    let mut steps: Vec<_> = names.map(|step| step.as_os_str().to_owned()).collect();
    if text.ends_with(b"/") || text.ends_with(b"/.") {
        steps.push(".".into());
    }
    steps
}

/// Where a path leads, in another way: the first link on it is replaced by its target, and all begins anew.
fn by_rewriting(tree: &Tree, mut path: Vec<OsString>) -> Option<PathBuf> {
    'rewritten: for _ in 0..=40 {
        let mut place = PathBuf::from("/");
        for (number, step) in path.iter().enumerate() {
            let is_there = tree.0.contains_key(&place);
            match (step.to_str(), tree.0.get(&place.join(step))) {
                (Some("."), _) => {}
                (Some(".."), _) if is_there => drop(place.pop()),
                (Some(".."), _) => return None,
                (_, Some(Entry::File(_))) if number + 1 < path.len() => return None,
                (_, Some(Entry::Link(target))) => {
                    let start = if target.is_absolute() { Vec::new() } else { steps(&place) };
                    path = [&start[..], &steps(target), &path[number + 1..]].concat();
                    continue 'rewritten;
                }
                _ => place.push(step),
            }
        }
        return Some(place);
    }
    None
}

/// Takes lines: the path to follow, and a tree, as find(1) lists it with `-printf '%p -> %l\n'` and the like.
///
/// # Panics
/// When a path leads elsewhere than it should, out of the root, or through a link.
pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let path = Path::new("/").join(lines.next().unwrap_or_default());
    let tree = Tree::new(lines);
    let by_path = ByPath(|place: &Path| Ok(lstat(&tree, place)));
    let found = resolve(&by_path, &path);
    assert_eq!(found.as_ref().ok().map(|found| found.place.clone()), by_rewriting(&tree, steps(&path)), "{path:?}");
    let Ok(found) = found else { return };

    let names = found.place.strip_prefix("/").unwrap();
    assert!(names.components().all(|name| matches!(name, Component::Normal(_))), "{found:?}");
    assert_eq!(lstat(&tree, &found.place), found.entry, "{found:?}");
    for parent in found.place.ancestors().skip(1) {
        let entry = lstat(&tree, parent);
        assert!(matches!(entry, Entry::Directory | Entry::Nothing), "{found:?} is below {entry:?}");
    }
    assert!(found.links.len() <= 40, "{found:?}");
    for link in &found.links {
        assert!(matches!(lstat(&tree, link), Entry::Link(_)), "{found:?}");
    }
    let again = resolve(&by_path, &found.place).unwrap();
    assert_eq!((again.place, again.entry, again.links), (found.place, found.entry, Vec::new()));
}
