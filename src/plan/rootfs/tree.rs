//! The root filesystem before it is written: what will be made, over what the store has.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rayon::prelude::*;

use crate::plan::definition::Store;
use crate::plan::derivation::closure::Closure;
use crate::plan::resolve::closure_files::{ClosureFiles, Id, not_of_a_store};
use crate::plan::resolve::{Entry, File, Lookup, names};

/// Something to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A directory.
    Directory(Directory),
    /// A file.
    File(File),
    /// A symbolic link to something in the store.
    Link(PathBuf),
    /// A file or symbolic link of the store.
    Store(StoreEntry),
}

/// A directory to make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// The directory of the store whose contents are copied into this one, or mounted on it.
    pub copy_of: Option<PathBuf>,
    /// What is made in it, by name; a directory may be there by the copy already.
    pub children: BTreeMap<OsString, Node>,
}

/// A file or symbolic link of the store, which is copied, or an empty file to mount it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreEntry {
    /// What is copied.
    pub source: PathBuf,
    /// Whether it is a symbolic link, which cannot be mounted.
    pub is_link: bool,
}

/// The root filesystem: its directory, and the closure that is in it.
///
/// Places in it are absolute paths, as the container sees them, without `.` or `..`. Where no link may be among the
/// names that lead there, a place is called *real*. Nothing outside the closure is ever looked at.
#[derive(Clone, Debug)]
pub struct Tree<'c> {
    closure: &'c Closure,
    store: Store,
    root: Directory,
    closure_files: ClosureFiles,
    /// The directories whose contents are at `/`, by their real places.
    packages: BTreeSet<PathBuf>,
}

impl<'c> Tree<'c> {
    /// A tree that has the closure and nothing else.
    ///
    /// # Errors
    /// A store path that cannot be looked at.
    pub fn new(closure: &'c Closure, store: Store) -> Result<Self> {
        let look = |path: PathBuf| {
            let metadata = fs::symlink_metadata(&path)
                .with_context(|| format!("reading the metadata of the store path '{}'", path.display()))?;
            Ok(if metadata.is_dir() {
                Node::Directory(Directory { copy_of: Some(path), ..Directory::default() })
            } else if metadata.is_symlink() || metadata.is_file() {
                Node::Store(StoreEntry { source: path, is_link: metadata.is_symlink() })
            } else {
                return Err(not_of_a_store(&path));
            })
        };
        let paths: Vec<_> = closure.directories().collect();
        let nodes = paths.into_par_iter().map(look).collect::<Result<Vec<_>>>()?;
        let names = closure.paths().iter().map(|path| path.to_string().into());
        let in_store = Directory { copy_of: None, children: names.zip(nodes).collect() };

        let (root, closure_files, packages) = Default::default();
        let mut tree = Self { closure, store, root, closure_files, packages };
        tree.insert(closure.store_dir().to_path(), Node::Directory(in_store))?;
        Ok(tree)
    }

    /// How the closure gets into the container.
    pub(super) fn store(&self) -> Store {
        self.store
    }

    /// What is to be made.
    pub(super) fn root(&self) -> &Directory {
        &self.root
    }

    /// The closure.
    pub fn closure(&self) -> &'c Closure {
        self.closure
    }

    /// The store paths that can be mounted.
    pub fn mountable(&self) -> impl Iterator<Item = &Path> {
        let store = self.planned(self.closure.store_dir().to_path());
        store.into_iter().flat_map(|store| store.children.values()).filter_map(|node| match node {
            Node::Directory(Directory { copy_of: Some(path), .. }) => Some(path.as_path()),
            Node::Store(StoreEntry { source, is_link: false }) => Some(source.as_path()),
            _ => None,
        })
    }

    /// Plans the directory at `path`, unless it is there; links are followed. Gives its real place.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn make_directory(&mut self, path: &Path) -> Result<PathBuf> {
        let place = self.resolve_for_write(path)?;
        match self.lstat(&place)? {
            Entry::Nothing => self.insert(&place, Node::Directory(Directory::default()))?,
            Entry::Directory => {}
            _ => bail!("'{}' is a file", place.display()),
        }
        Ok(place)
    }

    /// The closure's files.
    pub(super) fn closure_files(&self) -> &ClosureFiles {
        &self.closure_files
    }

    /// Says that the contents of the directory at this real place are at `/`.
    pub(super) fn add_package(&mut self, place: PathBuf) {
        self.packages.insert(place);
    }

    pub(super) fn is_package(&self, place: &Path) -> bool {
        self.packages.contains(place)
    }

    /// The names in the directory at a real place, sorted.
    ///
    /// # Errors
    /// A directory that cannot be listed.
    pub fn list(&self, place: &Path) -> Result<BTreeSet<OsString>> {
        self.list_at(self.at(place)?.1)
    }

    /// The names in a directory, sorted.
    ///
    /// # Errors
    /// A directory that cannot be listed.
    pub fn list_at(&self, at: At<'_>) -> Result<BTreeSet<OsString>> {
        let mut names = at.original.map_or(Ok(BTreeSet::new()), |original| self.closure_files.list(original))?;
        names.extend(at.planned.into_iter().flat_map(|directory| directory.children.keys().cloned()));
        Ok(names)
    }

    /// Plans `node` at a real place, with the directories that lead there.
    ///
    /// # Errors
    /// Something else than a directory on the way, or a store path that is mounted.
    pub fn insert(&mut self, place: &Path, node: Node) -> Result<()> {
        let (Some(parent), Some(name)) = (place.parent(), place.file_name()) else {
            bail!("'{}' always exists", place.display());
        };
        let mut directory = &mut self.root;
        for step in names(parent) {
            let next = directory.children.entry(step.to_owned());
            match next.or_insert_with(|| Node::Directory(Directory::default())) {
                Node::Directory(inner) => directory = inner,
                _ => bail!("'{}' is not a directory", parent.display()),
            }
            if let (Store::Mount, Some(path)) = (self.store, &directory.copy_of) {
                bail!(
                    "'{}' is mounted from the host, so nothing can be made in it; set store = \"copy\"",
                    path.display()
                );
            }
        }
        directory.children.insert(name.to_owned(), node);
        Ok(())
    }

    /// Plans nothing at a real place.
    pub(super) fn remove(&mut self, place: &Path) {
        let (Some(parent), Some(name)) = (place.parent(), place.file_name()) else { return };
        let directory =
            names(parent).try_fold(&mut self.root, |directory, step| match directory.children.get_mut(step) {
                Some(Node::Directory(inner)) => Some(inner),
                _ => None,
            });
        if let Some(directory) = directory {
            directory.children.remove(name);
        }
    }

    /// What is planned at a real place.
    pub(super) fn node(&self, place: &Path) -> Option<&Node> {
        self.planned(place.parent()?)?.children.get(place.file_name()?)
    }

    /// The planned directory at a real place.
    fn planned(&self, place: &Path) -> Option<&Directory> {
        names(place).try_fold(&self.root, |directory, name| match directory.children.get(name) {
            Some(Node::Directory(inner)) => Some(inner),
            _ => None,
        })
    }
}

/// What is known of a real place.
#[derive(Clone, Copy, Debug)]
pub struct At<'t> {
    /// The directory that is planned there.
    planned: Option<&'t Directory>,
    /// What the store has that is copied there, or mounted.
    original: Option<Id>,
}

impl Lookup for Tree<'_> {
    type At<'l>
        = At<'l>
    where
        Self: 'l;

    fn root(&self) -> At<'_> {
        At { planned: Some(&self.root), original: None }
    }

    fn step<'l>(&'l self, at: &At<'l>, place: &Path) -> Result<(Entry, At<'l>)> {
        let name = place.file_name().unwrap_or_default();
        let original = |id: Id| (self.closure_files.entry(id), At { planned: None, original: Some(id) });
        let nothing = At { planned: None, original: None };
        let child = || at.original.map(|directory| self.closure_files.child(directory, name)).transpose();
        Ok(match at.planned.and_then(|directory| directory.children.get(name)) {
            Some(Node::Directory(inner)) => {
                let original = match &inner.copy_of {
                    Some(path) => Some(self.closure_files.at(path)?),
                    None => child()?,
                };
                (Entry::Directory, At { planned: Some(inner), original })
            }
            Some(Node::File(file)) => (Entry::File(file.clone()), nothing),
            Some(Node::Link(target)) => (Entry::Link(target.clone()), nothing),
            Some(Node::Store(copy)) => original(self.closure_files.at(&copy.source)?),
            None => child()?.map_or((Entry::Nothing, nothing), original),
        })
    }
}
