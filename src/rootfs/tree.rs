//! The root filesystem before it is written: what will be made, over what the store has.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use rustix::io::Errno;

use super::resolve::{self, Look, Seen};
use crate::container::Store;
use crate::nix::closure::Closure;

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
    Copy(Copy),
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
pub struct Copy {
    /// What is copied.
    pub of: PathBuf,
    /// Whether it is a symbolic link, which cannot be mounted.
    pub is_link: bool,
}

/// A file to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What is in it.
    pub content: Content,
    /// Whether it can be run.
    pub executable: bool,
}

/// What a file has in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// This text.
    Text(String),
    /// What is in this file of the store.
    CopyOf(PathBuf),
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
}

impl<'c> Tree<'c> {
    /// A tree that has the closure and nothing else.
    ///
    /// # Errors
    /// A store path that cannot be looked at.
    pub fn of(closure: &'c Closure, store: Store) -> Result<Self> {
        let look = |path: PathBuf| {
            let metadata = fs::symlink_metadata(&path)
                .with_context(|| format!("looking at the store path '{}'", path.display()))?;
            Ok(if metadata.is_dir() {
                Node::Directory(Directory { copy_of: Some(path), ..Directory::default() })
            } else {
                Node::Copy(Copy { of: path, is_link: metadata.is_symlink() })
            })
        };
        let paths: Vec<_> = closure.directories().collect();
        let nodes = paths.into_par_iter().map(look).collect::<Result<Vec<_>>>()?;
        let names = closure.paths().iter().map(|path| path.to_string().into());
        let in_store = Directory { copy_of: None, children: names.zip(nodes).collect() };

        let mut tree = Self { closure, store, root: Directory::default() };
        tree.insert(closure.store_dir().to_path(), Node::Directory(in_store))?;
        Ok(tree)
    }

    /// What is to be made.
    pub fn root(&self) -> &Directory {
        &self.root
    }

    /// The closure.
    pub fn closure(&self) -> &'c Closure {
        self.closure
    }

    /// The store paths that can be mounted.
    pub fn mountable(&self) -> impl Iterator<Item = &Path> {
        let store = match self.walk(self.closure.store_dir().to_path()).0 {
            Some(Place::Directory(store)) => Some(store),
            _ => None,
        };
        store.into_iter().flat_map(|store| store.children.values()).filter_map(|node| match node {
            Node::Directory(Directory { copy_of: Some(path), .. }) => Some(path.as_path()),
            Node::Copy(Copy { of, is_link: false }) => Some(of.as_path()),
            _ => None,
        })
    }

    /// Plans the directory at `path`, unless it is there; links are followed. Gives its real place.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn make_directory(&mut self, path: &Path) -> Result<PathBuf> {
        let place = self.settle(path)?;
        match self.look(&place)? {
            Seen::Nothing => self.insert(&place, Node::Directory(Directory::default()))?,
            Seen::Directory => {}
            _ => bail!("'{}' is a file", place.display()),
        }
        Ok(place)
    }

    /// Where something at `path` really is, or would be made: links are followed, the last one too.
    ///
    /// A link that this tree itself makes to a directory of the store becomes a directory of links on the way, so
    /// that what is made below it does not go into the store path.
    ///
    /// # Errors
    /// A file in the way, or a loop of links.
    pub fn settle(&mut self, path: &Path) -> Result<PathBuf> {
        loop {
            let resolved = resolve::resolve(self, path)?;
            let mut unfolded = false;
            for link in &resolved.links {
                unfolded = unfolded || self.unfold(link)?;
            }
            if !unfolded {
                return Ok(resolved.place);
            }
        }
    }

    /// What a link leads to that this tree itself makes, if that is in the closure.
    ///
    /// # Errors
    /// What cannot be looked at.
    pub fn seen_through_own_link(&self, place: &Path) -> Result<Option<Seen>> {
        let Some(Node::Link(target)) = self.node(place) else { return Ok(None) };
        let resolved = resolve::resolve(self, target)?;
        Ok(self.closure.has(&resolved.place).then_some(resolved.seen))
    }

    /// Replaces a link to a directory of the store by a directory with links to what is in that one.
    fn unfold(&mut self, link: &Path) -> Result<bool> {
        let Some(Node::Link(target)) = self.node(link).cloned() else { return Ok(false) };
        let resolved = resolve::resolve(self, &target)?;
        if !matches!(resolved.seen, Seen::Directory) || !self.closure.has(&resolved.place) {
            return Ok(false);
        }
        let children = self.list(&resolved.place)?.into_iter().map(|name| {
            let target = target.join(&name);
            (name, Node::Link(target))
        });
        let directory = Directory { copy_of: None, children: children.collect() };
        self.insert(link, Node::Directory(directory))?;
        Ok(true)
    }

    /// The names in the directory at a real place, sorted.
    ///
    /// # Errors
    /// A directory that cannot be listed.
    pub fn list(&self, place: &Path) -> Result<BTreeSet<OsString>> {
        let (planned, copied) = self.walk(place);
        let mut names = BTreeSet::new();
        if let Some(copied) = copied {
            let listing = || format!("listing '{}'", copied.display());
            match fs::read_dir(&copied) {
                // What is planned there is not in the store.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
                entries => {
                    for entry in entries.with_context(listing)? {
                        names.insert(entry.with_context(listing)?.file_name());
                    }
                }
            }
        }
        if let Some(Place::Directory(directory)) = planned {
            names.extend(directory.children.keys().cloned());
        }
        Ok(names)
    }

    /// Plans `node` at a real place, with the directories that lead there.
    ///
    /// # Errors
    /// Something else than a directory on the way, or a store path that is mounted.
    pub fn insert(&mut self, place: &Path, node: Node) -> Result<()> {
        let (Some(parent), Some(name)) = (place.parent(), place.file_name()) else {
            bail!("'{}' is always there", place.display());
        };
        let mut directory = &mut self.root;
        for step in names(parent) {
            let next = directory.children.entry(step.to_owned());
            match next.or_insert_with(|| Node::Directory(Directory::default())) {
                Node::Directory(inner) => directory = inner,
                _ => bail!("'{}' is not a directory", parent.display()),
            }
            if let (Store::Mount, Some(path)) = (self.store, &directory.copy_of) {
                bail!("'{}' is the host's, so nothing can be made in it; say store = \"copy\"", path.display());
            }
        }
        directory.children.insert(name.to_owned(), node);
        Ok(())
    }

    fn node(&self, place: &Path) -> Option<&Node> {
        let (parent, name) = (place.parent()?, place.file_name()?);
        match self.walk(parent).0? {
            Place::Directory(directory) => directory.children.get(name),
            Place::Node(_) => None,
        }
    }

    /// What is planned at a real place, and where in the store what is copied there comes from.
    fn walk(&self, place: &Path) -> (Option<Place<'_>>, Option<PathBuf>) {
        let (mut planned, mut copied) = (Some(Place::Directory(&self.root)), None::<PathBuf>);
        for name in names(place) {
            copied = copied.map(|parent| parent.join(name));
            planned = match planned {
                Some(Place::Directory(directory)) => match directory.children.get(name) {
                    Some(Node::Directory(inner)) => {
                        copied = inner.copy_of.clone().or(copied);
                        Some(Place::Directory(inner))
                    }
                    other => other.map(Place::Node),
                },
                _ => None,
            };
        }
        (planned, copied)
    }
}

/// What is planned at a place.
enum Place<'t> {
    Directory(&'t Directory),
    Node(&'t Node),
}

impl Look for Tree<'_> {
    fn look(&self, place: &Path) -> Result<Seen> {
        match self.walk(place) {
            (Some(Place::Directory(_)), _) => Ok(Seen::Directory),
            (Some(Place::Node(Node::File(file))), _) => Ok(Seen::File(file.clone())),
            (Some(Place::Node(Node::Link(target))), _) => Ok(Seen::Link(target.clone())),
            (Some(Place::Node(Node::Copy(copy))), _) => in_store(&copy.of),
            (Some(Place::Node(Node::Directory(_))), _) => unreachable!("walk makes these a Place::Directory"),
            (None, Some(copied)) => in_store(&copied),
            (None, None) => Ok(Seen::Nothing),
        }
    }
}

/// What is at a path of the store. No link is followed if none of the names above the last is one.
///
/// # Errors
/// What cannot be looked at.
pub fn in_store(path: &Path) -> Result<Seen> {
    use std::os::unix::fs::PermissionsExt;
    let looking = || format!("looking at '{}'", path.display());
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Seen::Nothing);
        }
        // What no file can be called, as the target of a link may be, is nowhere.
        Err(error) if error.raw_os_error() == Some(Errno::NAMETOOLONG.raw_os_error()) => return Ok(Seen::Nothing),
        metadata => metadata.with_context(looking)?,
    };
    Ok(if metadata.is_dir() {
        Seen::Directory
    } else if metadata.is_symlink() {
        Seen::Link(fs::read_link(path).with_context(looking)?)
    } else {
        let executable = metadata.permissions().mode() & 0o111 != 0;
        Seen::File(File { content: Content::CopyOf(path.to_owned()), executable })
    })
}

/// The names of a path, without the slash at its start.
fn names(path: &Path) -> impl Iterator<Item = &OsStr> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name),
        _ => None,
    })
}
