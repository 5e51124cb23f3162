//! The walk of a planned root filesystem.

use std::collections::btree_map::Iter;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::tree::{Directory, Node, StoreEntry, Tree};
use crate::plan::definition::Store;
use crate::plan::resolve::{Content, File};

/// What a mounted file of the store is mounted on.
static MOUNT_POINT: File = File { content: Content::Text(String::new()), executable: false };

/// Something in the root filesystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootfsEntry<'t> {
    /// Where it is, as an absolute path of the container. No name on the way to it is a link.
    pub path: PathBuf,
    /// What it is.
    pub kind: EntryKind<'t>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind<'t> {
    /// A directory. Inside of a copied one it may be there by the copy already.
    Directory,
    /// A file.
    File(&'t File),
    /// A symbolic link to this target.
    Symlink(&'t Path),
    /// A copy of this directory of the store, with everything in it.
    CopiedDirectory(&'t Path),
    /// A copy of this file or symbolic link of the store.
    Copied(&'t Path),
}

/// The entries of a tree, each directory before what is in it.
pub struct Entries<'t> {
    store: Store,
    /// The directories that the walk is in, each with its path and what is left of it.
    open: Vec<(PathBuf, Iter<'t, OsString, Node>)>,
}

impl<'t> Entries<'t> {
    /// The walk from the root directory, which is no entry itself.
    pub fn new(tree: &'t Tree<'_>) -> Self {
        Self { store: tree.store(), open: vec![(PathBuf::from("/"), tree.root().children.iter())] }
    }
}

impl<'t> Iterator for Entries<'t> {
    type Item = RootfsEntry<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (directory, rest) = self.open.last_mut()?;
            let Some((name, node)) = rest.next() else {
                self.open.pop();
                continue;
            };
            let path = directory.join(name);
            if let Node::Directory(Directory { children, .. }) = node {
                if !children.is_empty() {
                    self.open.push((path.clone(), children.iter()));
                }
            }
            return Some(RootfsEntry { path, kind: kind(node, self.store) });
        }
    }
}

fn kind(node: &Node, store: Store) -> EntryKind<'_> {
    match (node, store) {
        (Node::Directory(Directory { copy_of: Some(source), .. }), Store::Copy) => EntryKind::CopiedDirectory(source),
        (Node::Directory(_), _) => EntryKind::Directory,
        (Node::Store(StoreEntry { is_link: false, .. }), Store::Mount) => EntryKind::File(&MOUNT_POINT),
        (Node::Store(StoreEntry { source, .. }), _) => EntryKind::Copied(source),
        (Node::File(file), _) => EntryKind::File(file),
        (Node::Link(target), _) => EntryKind::Symlink(target),
    }
}
