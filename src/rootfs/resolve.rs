//! Following symbolic links as the container will: never out of its root (`path_resolution(7)`).

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt;
use std::path::{Component, Path, PathBuf};

use super::tree::File;
use crate::container::mount::Destination;

/// The most links that Linux follows on the way to one place (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// What is at a place when no link is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
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

/// A tree that can be looked at.
pub trait Look {
    /// What is at a place that no link leads to.
    ///
    /// # Errors
    /// What cannot be looked at.
    fn look(&self, place: &Path) -> anyhow::Result<Seen>;
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The place, without links; where there is [`Seen::Nothing`], the one that would have to be made.
    pub place: PathBuf,
    /// What is there; never a link.
    pub seen: Seen,
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
pub fn if_anywhere(tree: &impl Look, path: &Path) -> anyhow::Result<Option<Resolved>> {
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
pub fn resolve(tree: &impl Look, path: &Path) -> Result<Resolved, Error> {
    let look = |place: &Path| tree.look(place).map_err(Error::Unseen);
    let nowhere = |reason| Err(Error::Nowhere(reason));
    let mut resolved = Resolved { place: "/".into(), seen: Seen::Directory, links: Vec::new() };
    let mut rest = VecDeque::new();
    put_first(&mut rest, path);
    while let Some(step) = rest.pop_front() {
        if step == "." {
            continue;
        }
        if step == ".." {
            if resolved.seen == Seen::Nothing {
                return nowhere(format!("'{}' is not there", resolved.place.display()));
            }
            resolved.place.pop();
            resolved.seen = look(&resolved.place)?;
            continue;
        }
        let next = resolved.place.join(&step);
        match look(&next)? {
            Seen::Link(target) => {
                if resolved.links.len() == MOST_LINKS {
                    return nowhere(format!("too many levels of symbolic links at '{}'", next.display()));
                }
                resolved.links.push(next);
                if target.is_absolute() {
                    resolved.place = "/".into();
                }
                resolved.seen = Seen::Directory;
                put_first(&mut rest, &target);
            }
            Seen::File(_) if !rest.is_empty() => return nowhere(format!("'{}' is a file", next.display())),
            seen @ Seen::Unknown(_) => {
                resolved.place = next;
                resolved.place.extend(rest.into_iter().filter(|step| step != "."));
                return Ok(Resolved { seen, ..resolved });
            }
            seen => {
                resolved.place = next;
                resolved.seen = seen;
            }
        }
    }
    Ok(resolved)
}

/// Puts the steps of a path before the others: names, `..` for the parent, and at the end `.` for a directory that the path
/// asks for by a slash behind its name.
fn put_first(rest: &mut VecDeque<OsString>, path: &Path) {
    let text = path.as_os_str().as_encoded_bytes();
    if text.ends_with(b"/") || text.ends_with(b"/.") {
        rest.push_front(".".into());
    }
    for component in path.components().rev() {
        match component {
            Component::Normal(name) => rest.push_front(name.to_owned()),
            Component::ParentDir => rest.push_front("..".into()),
            _ => {}
        }
    }
}
