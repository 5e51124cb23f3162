//! Links to the store that give way, so that nothing is ever made in a store path that they lead to.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::tree::{Directory, Node, Tree};
use crate::plan::resolve::{self, Entry, Lookup, Resolved};

impl Tree<'_> {
    /// Where something at `path` really is, or would be made: links are followed, the last one too.
    ///
    /// Where that is in the store, and a link of this tree leads there, the link is opened up, so that what is made below
    /// it does not go into the store path.
    ///
    /// # Errors
    /// A file in the way, or a loop of links.
    pub fn resolve_for_write(&mut self, path: &Path) -> Result<PathBuf> {
        loop {
            let resolved = resolve::resolve(self, path)?;
            match self.own_link_into_store(&resolved) {
                Some((link, target)) => self.open(&link, &target)?,
                None => return Ok(resolved.place),
            }
        }
    }

    /// Where a mount on `path` goes, links followed; `node` is what is made for what is seen there. A link of this tree to
    /// something in the store gives way to that, as what it leads to has other names too.
    ///
    /// # Errors
    /// As for [`Tree::resolve_for_write`].
    pub fn resolve_for_mount(&mut self, path: &Path, node: impl Fn(&Entry) -> Option<Node>) -> Result<PathBuf> {
        loop {
            let resolved = resolve::resolve(self, path)?;
            let Some((link, target)) = self.own_link_into_store(&resolved) else { return Ok(resolved.place) };
            if resolve::resolve(self, &target)?.place != resolved.place {
                self.open(&link, &target)?;
                continue;
            }
            match node(&resolved.entry) {
                Some(node) => self.insert(&link, node)?,
                None => self.remove(&link),
            }
            return Ok(link);
        }
    }

    /// The last link of this tree on the way to a place of the store, with its target.
    fn own_link_into_store(&self, resolved: &Resolved) -> Option<(PathBuf, PathBuf)> {
        let links = self.closure().has(&resolved.place).then_some(&resolved.links)?;
        links.iter().rev().find_map(|link| match self.node(link) {
            Some(Node::Link(target)) => Some((link.clone(), target.clone())),
            _ => None,
        })
    }

    /// Opens up a link to a directory of the store, or to where nothing is in a store path.
    ///
    /// If a link of the store leads there from its target, and what that leads to is at another place of this tree as well,
    /// the link stays, and leads to that place, whose own link is opened up next. Else it becomes a directory of links to
    /// what is in the other one.
    fn open(&mut self, link: &Path, target: &Path) -> Result<()> {
        let found = resolve::resolve(self, target)?;
        for place in [self.after_first_link(target, &found)?, Some(found.place.clone())].into_iter().flatten() {
            if let Some(place) = self.counterpart(link, &place, &found)? {
                return self.insert(link, Node::Link(place));
            }
        }
        match found.entry {
            Entry::Directory => {
                let links = self.list(&found.place)?.into_iter().map(|name| {
                    let target = target.join(&name);
                    (name, Node::Link(target))
                });
                let directory = Directory { copy_of: None, children: links.collect() };
                self.insert(link, Node::Directory(directory))
            }
            Entry::Nothing => {
                self.remove(link);
                Ok(())
            }
            _ => bail!("'{}' is a file", found.place.display()),
        }
    }

    /// Where the first link on the way to a target leads, which may be the place of another link.
    fn after_first_link(&self, target: &Path, found: &Resolved) -> Result<Option<PathBuf>> {
        let Some(link) = found.links.first() else { return Ok(None) };
        let (Ok(rest), Some(directory)) = (target.strip_prefix(link), link.parent()) else { return Ok(None) };
        let Entry::Link(text) = self.lstat(link)? else { return Ok(None) };
        let next = directory.join(text).join(rest);
        let (Some(parent), Some(name)) = (next.parent(), next.file_name()) else { return Ok(None) };
        Ok(resolve::try_resolve(self, parent)?.map(|parent| parent.place.join(name)))
    }

    /// The place at which this tree has what a package has at `original`, a real place of the store or that of a link to
    /// what was found, if that is not by way of `link`.
    fn counterpart(&self, link: &Path, original: &Path, found: &Resolved) -> Result<Option<PathBuf>> {
        if found.links.is_empty() {
            return Ok(None);
        }
        let Some(package) = original.ancestors().find(|above| self.is_package(above)) else { return Ok(None) };
        let place = Path::new("/").join(original.strip_prefix(package).unwrap_or(package));
        let Some(there) = resolve::try_resolve(self, &place)? else { return Ok(None) };
        let fits = match (&found.entry, &there.entry) {
            // Another package may have what this one lacks.
            (Entry::Nothing, Entry::Directory | Entry::Nothing) => true,
            // The packages' directories of this name are one directory here.
            (_, Entry::Directory) => there.place == found.place || !self.closure().has(&there.place),
            _ => false,
        };
        let is_apart = place != link && !there.links.iter().any(|other| other == link);
        Ok((fits && is_apart).then_some(place))
    }
}
