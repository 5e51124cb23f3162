//! Following symbolic links as the container will: never out of its root (`path_resolution(7)`).

pub mod closure_files;
mod file;
mod steps;

use std::ffi::OsStr;
use std::fmt;
use std::path::{Component, Path, PathBuf};

pub use self::file::{Content, File};
use self::steps::{Step, Steps};
use crate::plan::definition::mount::Destination;

/// The most links that Linux follows on the way to one place (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// What is at a place when no link is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A directory.
    Directory,
    /// A file, or what is neither a directory nor a link.
    File(File),
    /// A symbolic link to this target.
    Link(PathBuf),
    /// There is nothing.
    Nothing,
    /// Nobody can tell, as it comes through this mount from outside the closure.
    Unknown(Destination),
}

/// A tree that can be looked at, from a directory to what is in it.
pub trait Lookup {
    /// What is known of a place, so that what is in it need not be looked for from the root again.
    type At<'l>: Clone
    where
        Self: 'l;

    /// The root directory.
    fn root(&self) -> Self::At<'_>;

    /// What is at `place`, which is in the directory `at`. No link is followed.
    ///
    /// # Errors
    /// What cannot be looked at.
    fn step<'l>(&'l self, at: &Self::At<'l>, place: &Path) -> anyhow::Result<(Entry, Self::At<'l>)>;

    /// What is at a place that no link leads to, and what is known of it.
    ///
    /// # Errors
    /// What cannot be looked at.
    fn at(&self, place: &Path) -> anyhow::Result<(Entry, Self::At<'_>)> {
        let (mut path, mut found) = (PathBuf::from("/"), (Entry::Directory, self.root()));
        for name in names(place) {
            path.push(name);
            found = self.step(&found.1, &path)?;
        }
        Ok(found)
    }

    /// What is at a place that no link leads to.
    ///
    /// # Errors
    /// What cannot be looked at.
    fn lstat(&self, place: &Path) -> anyhow::Result<Entry> {
        Ok(self.at(place)?.0)
    }
}

/// A tree of which every place is looked up by its path.
pub struct ByPath<F>(pub F);

impl<F: Fn(&Path) -> anyhow::Result<Entry>> Lookup for ByPath<F> {
    type At<'l>
        = ()
    where
        Self: 'l;

    fn root(&self) {}

    fn step(&self, (): &(), place: &Path) -> anyhow::Result<(Entry, ())> {
        Ok(((self.0)(place)?, ()))
    }
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The place, without links; where there is [`Entry::Nothing`], the one that would have to be made.
    pub place: PathBuf,
    /// What is there; never a link.
    pub entry: Entry,
    /// The places of the links that were followed.
    pub links: Vec<PathBuf>,
}

/// Why a path cannot be followed.
#[derive(Debug)]
pub enum Error {
    /// It leads nowhere: a file that has something below it, `..` behind what is not there, or a loop of links.
    Nowhere(String),
    /// Something on the way cannot be looked at.
    Unseen(anyhow::Error),
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere(reason) => f.write_str(reason),
            Self::Unseen(error) => write!(f, "{error:#}"),
        }
    }
}

/// Where a path leads, if it leads anywhere.
///
/// # Errors
/// Something on the way cannot be looked at.
pub fn try_resolve(tree: &impl Lookup, path: &Path) -> anyhow::Result<Option<Resolved>> {
    match resolve(tree, path) {
        Ok(resolved) => Ok(Some(resolved)),
        Err(Error::Nowhere(_)) => Ok(None),
        Err(Error::Unseen(error)) => Err(error),
    }
}

/// Follows every link in `path`, which is absolute, and the one that it may be.
///
/// # Errors
/// Why it cannot be followed.
pub fn resolve(tree: &impl Lookup, path: &Path) -> Result<Resolved, Error> {
    let nowhere = |reason| Err(Error::Nowhere(reason));
    let mut resolved = Resolved { place: "/".into(), entry: Entry::Directory, links: Vec::new() };
    // What is known of the place, and before it of the directories above.
    let mut known = vec![tree.root()];
    let mut rest = Steps::default();
    rest.put_first(path);
    while let Some(step) = rest.next() {
        let name = match step {
            Step::Here => continue,
            Step::Parent if resolved.entry == Entry::Nothing => {
                return nowhere(format!("'{}' does not exist", resolved.place.display()));
            }
            Step::Parent => {
                resolved.place.pop();
                known.truncate(known.len().saturating_sub(1).max(1));
                resolved.entry = Entry::Directory;
                continue;
            }
            Step::Name(name) => name,
        };
        resolved.place.push(&name);
        let (entry, at) = tree.step(&known[known.len() - 1], &resolved.place).map_err(Error::Unseen)?;
        match entry {
            Entry::Link(target) => {
                if resolved.links.len() == MOST_LINKS {
                    let link = resolved.place.display();
                    return nowhere(format!("too many levels of symbolic links at '{link}'"));
                }
                resolved.links.push(resolved.place.clone());
                if target.is_absolute() {
                    resolved.place = "/".into();
                    known.truncate(1);
                } else {
                    resolved.place.pop();
                }
                resolved.entry = Entry::Directory;
                rest.put_first(&target);
            }
            Entry::File(_) if !rest.is_empty() => {
                return nowhere(format!("'{}' is a file", resolved.place.display()));
            }
            entry @ Entry::Unknown(_) => {
                resolved.place.extend(rest.filter_map(|step| match step {
                    Step::Name(name) => Some(name),
                    Step::Parent => Some("..".into()),
                    Step::Here => None,
                }));
                return Ok(Resolved { entry, ..resolved });
            }
            entry => {
                resolved.entry = entry;
                known.push(at);
            }
        }
    }
    Ok(resolved)
}

/// The names of a path, without the slash at its start.
pub fn names(path: &Path) -> impl Iterator<Item = &OsStr> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name),
        _ => None,
    })
}
