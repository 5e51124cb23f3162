//! The resolver of links, over trees of any kind.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use anyhow::Result;
use oci_bundle::rootfs::resolve::{Look, Seen, resolve};
use oci_bundle::rootfs::tree::{Content, File};

/// A tree, by its places.
struct Tree(BTreeMap<PathBuf, Seen>);

impl Tree {
    /// Each line is a place, with a slash at the end for a directory, or with ` -> ` and its target for a link. What is
    /// below something else than a directory is left out.
    fn of<'l>(lines: impl Iterator<Item = &'l str>) -> Self {
        let mut tree = Self(BTreeMap::from([("/".into(), Seen::Directory)]));
        for line in lines {
            let (path, seen) = match line.split_once(" -> ") {
                Some((path, target)) if !target.is_empty() => (path, Seen::Link(target.into())),
                _ if line.ends_with('/') => (line, Seen::Directory),
                _ => (line, Seen::File(File { content: Content::Text(String::new()), executable: false })),
            };
            tree.add(path, seen);
        }
        tree
    }

    fn add(&mut self, path: &str, seen: Seen) {
        let names = Path::new(path).components().filter(|component| matches!(component, Component::Normal(_)));
        let place = Path::new("/").join(names.collect::<PathBuf>());
        for parent in place.ancestors().skip(1) {
            if !matches!(self.0.get(parent), None | Some(Seen::Directory)) {
                return;
            }
        }
        for parent in place.ancestors().skip(1) {
            self.0.insert(parent.to_owned(), Seen::Directory);
        }
        self.0.entry(place).or_insert(seen);
    }
}

impl Look for Tree {
    fn look(&self, place: &Path) -> Result<Seen> {
        Ok(self.0.get(place).cloned().unwrap_or(Seen::Nothing))
    }
}

/// Takes lines: the path to follow, and a tree, as find(1) lists it with `-printf '%p -> %l\n'` and the like.
///
/// # Panics
/// When a path leads out of the root, through a link, or to something else than what is there.
pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let path = Path::new("/").join(lines.next().unwrap_or_default());
    let tree = Tree::of(lines);
    let Ok(found) = resolve(&tree, &path) else { return };

    let names = found.place.strip_prefix("/").unwrap();
    assert!(names.components().all(|name| matches!(name, Component::Normal(_))), "{found:?}");
    assert_eq!(tree.look(&found.place).unwrap(), found.seen, "{found:?}");
    for parent in found.place.ancestors().skip(1) {
        let seen = tree.look(parent).unwrap();
        assert!(matches!(seen, Seen::Directory | Seen::Nothing), "{found:?} is below {seen:?}");
    }
    assert!(found.links.len() <= 40, "{found:?}");
    for link in &found.links {
        assert!(matches!(tree.look(link).unwrap(), Seen::Link(_)), "{found:?}");
    }
    let again = resolve(&tree, &found.place).unwrap();
    assert_eq!((again.place, again.seen, again.links), (found.place, found.seen, Vec::new()));
}
