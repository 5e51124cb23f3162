//! The files that a container sees: its root file system, with its mounts in place. Paths are followed in it as the kernel will
//! follow them in the container, before there is one.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use crate::runner::runtime_config::Mount;
use anyhow::{Context, Result, ensure};
use rustix::fs::{CWD, FileType, Mode, OFlags, PROC_SUPER_MAGIC, fstat, fstatfs, readlinkat};
use rustix::io::Errno;

/// The most links on the way to one place (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// Links that a runtime makes in /dev (runtime-spec, runtime-linux.md, "Dev symbolic links").
const LINKS_OF_DEV: [(&str, &str); 4] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
];

/// The longest path to a place (`PATH_MAX` of limits.h, which counts the byte at the end).
const LONGEST: usize = 4095;

/// The most names that are looked for, in all paths together: thousands of links through thousands of names each would take
/// hours. 100 000 mounts of the store take 300 000.
const MOST_STEPS: usize = 1_000_000;

/// What a mount shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The file system proc.
    Proc,
    /// The directory or file at this path of the host.
    Of(PathBuf),
    /// What nobody knows yet, or nothing.
    Unknown,
}

/// Where a path leads.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// To a place outside of every proc, which may have nothing.
    Place(PathBuf),
    /// Into a proc: the place that it would be there.
    InProc(PathBuf),
    /// Nowhere: through more links, or to a longer path, than Linux follows.
    Nowhere,
}

/// A root file system, and what is mounted where.
#[derive(Debug)]
pub struct ContainerTree<'r> {
    root: BorrowedFd<'r>,
    /// The places with mounts, and what is on the way to them, from `/` on.
    nodes: Vec<Node>,
    /// How many names may still be looked for.
    steps: Cell<usize>,
    /// Where /dev is, in which the runtime makes links when all is mounted.
    dev: Option<PathBuf>,
}

/// A name on the way to a mount, or of a mount. No name on the way is a link.
#[derive(Debug, Default)]
struct Node {
    mounted: Option<Content>,
    below: HashMap<OsString, usize>,
}

impl<'r> ContainerTree<'r> {
    /// Puts mounts in place, in their order.
    ///
    /// # Errors
    /// There are too many open files, or too many names on the ways.
    pub fn new<'m>(root: BorrowedFd<'r>, mounts: impl Iterator<Item = (Mount<'m>, Content)>) -> Result<Self> {
        let mut tree = Self { root, nodes: vec![Node::default()], steps: Cell::new(MOST_STEPS), dev: None };
        // Everybody takes /proc for one, whatever is there.
        tree.put(Path::new("/proc"), Content::Proc);
        for (mount, content) in mounts {
            match tree.follow(Path::new(mount.destination))? {
                End::Place(place) if place != Path::new("/proc") => tree.put(&place, content),
                _ => {}
            }
        }
        if let End::Place(dev) = tree.follow(Path::new("/dev"))? {
            tree.dev = Some(dev);
        }
        Ok(tree)
    }

    /// Puts a mount at a place. What is mounted below is out of sight then.
    fn put(&mut self, place: &Path, content: Content) {
        let mut at = 0;
        for name in place.iter().skip(1) {
            let new = self.nodes.len();
            at = *self.nodes[at].below.entry(name.to_owned()).or_insert(new);
            if at == new {
                self.nodes.push(Node::default());
            }
        }
        self.nodes[at] = Node { mounted: Some(content), below: HashMap::new() };
        if at == 0 {
            self.put(Path::new("/proc"), Content::Proc);
        }
    }

    /// Follows a path, which starts at `/`.
    ///
    /// # Errors
    /// There are too many open files, or too many names on the ways.
    pub fn follow(&self, path: &Path) -> Result<End> {
        let following = || format!("following '{}'", path.display());
        let mut left = VecDeque::from(names(path));
        let mut walk = Walk::new(self).with_context(following)?;
        let mut links = 0;
        while let Some(name) = left.pop_front() {
            let steps = self.steps.get();
            ensure!(steps > 0, "mounts and links lead through more than {MOST_STEPS} names; want shorter paths");
            self.steps.set(steps - 1);
            match name.as_encoded_bytes() {
                b"/" => walk = Walk::new(self).with_context(following)?,
                b".." => walk.leave().with_context(following)?,
                _ => {
                    let step = walk.enter(&name).with_context(following)?;
                    let target = match step {
                        Step::Done => continue,
                        Step::InProc(place) => {
                            return Ok(End::InProc(left.iter().fold(place, |place, name| place.join(name))));
                        }
                        Step::Link(target) => target,
                    };
                    links += 1;
                    if links > MOST_LINKS {
                        return Ok(End::Nowhere);
                    }
                    for name in names(&target).into_iter().rev() {
                        left.push_front(name);
                    }
                }
            }
        }
        Ok(if walk.place.as_os_str().len() > LONGEST { End::Nowhere } else { End::Place(walk.place) })
    }
}

fn names(path: &Path) -> Vec<OsString> {
    let names = path.components().filter(|part| !matches!(part, Component::CurDir));
    names.map(|part| part.as_os_str().to_owned()).collect()
}

/// What was found at a name.
enum Step {
    /// A directory, or nothing.
    Done,
    /// A link, with its target. The walk stays where the link is.
    Link(PathBuf),
    /// Something in a proc.
    InProc(PathBuf),
}

/// A walk from directory to directory.
struct Walk<'t> {
    tree: &'t ContainerTree<'t>,
    place: PathBuf,
    /// The nodes of each name of the place, as far as there are any.
    nodes: Vec<Option<usize>>,
    here: Here,
    /// What was left for each mount on the way: the number of nodes of its place, and the directory above.
    entered: Vec<(usize, Here)>,
}

/// What is known of a place.
enum Here {
    /// It is this directory, or as many names below it, of which none is there.
    Directory(OwnedFd, usize),
    Proc,
    Unknown,
}

impl<'t> Walk<'t> {
    fn new(tree: &'t ContainerTree<'_>) -> Result<Self, Errno> {
        let here = match &tree.nodes[0].mounted {
            Some(content) => mounted(content)?,
            None => Here::Directory(rustix::io::fcntl_dupfd_cloexec(tree.root, 0)?, 0),
        };
        Ok(Self { tree, place: "/".into(), nodes: vec![Some(0)], here, entered: Vec::new() })
    }

    fn enter(&mut self, name: &OsStr) -> Result<Step, Errno> {
        let in_dev = self.tree.dev.as_ref() == Some(&self.place);
        if let Some((_, target)) = LINKS_OF_DEV.iter().find(|(link, _)| in_dev && name == *link) {
            return Ok(Step::InProc(target.into()));
        }
        let found = match &self.here {
            Here::Proc => return Ok(Step::InProc(self.place.join(name))),
            Here::Directory(directory, 0) => match open(directory, name)? {
                Found::Directory(found) => Some(here(found)?),
                Found::Link(target) => return Ok(Step::Link(target)),
                Found::Nothing => None,
            },
            Here::Directory(..) | Here::Unknown => None,
        };
        let above = self.nodes.last().copied().flatten();
        let node = above.and_then(|above| self.tree.nodes[above].below.get(name).copied());
        self.place.push(name);
        self.nodes.push(node);
        let on_it = node.and_then(|node| self.tree.nodes[node].mounted.as_ref());
        match (on_it, found) {
            (Some(content), _) => self.leave_behind(mounted(content)?),
            // The kernel knows what is above it.
            (None, Some(next @ Here::Directory(..))) => self.here = next,
            (None, Some(next)) => self.leave_behind(next),
            (None, None) => {
                if let Here::Directory(_, missing) = &mut self.here {
                    *missing += 1;
                }
            }
        }
        Ok(Step::Done)
    }

    /// Goes on somewhere else, to come back when this place is left.
    fn leave_behind(&mut self, next: Here) {
        self.entered.push((self.nodes.len(), std::mem::replace(&mut self.here, next)));
    }

    fn leave(&mut self) -> Result<(), Errno> {
        if !self.place.pop() {
            return Ok(());
        }
        let depth = self.nodes.len();
        self.nodes.pop();
        if self.entered.last().is_some_and(|(entered, _)| *entered == depth) {
            if let Some((_, above)) = self.entered.pop() {
                self.here = above;
            }
        } else if let Here::Directory(directory, missing) = &mut self.here {
            match missing.checked_sub(1) {
                Some(fewer) => *missing = fewer,
                None => *directory = open_path(&*directory, OsStr::new(".."), OFlags::DIRECTORY)?,
            }
        }
        Ok(())
    }
}

/// What is known of the top of a mount.
fn mounted(content: &Content) -> Result<Here, Errno> {
    match content {
        Content::Proc => Ok(Here::Proc),
        Content::Unknown => Ok(Here::Unknown),
        Content::Of(source) => match open_path(CWD, source.as_os_str(), OFlags::DIRECTORY) {
            Ok(found) => here(found),
            Err(error) => unless_missing(error).map(|()| Here::Unknown),
        },
    }
}

/// A directory, as long as it is not one of a proc.
fn here(directory: OwnedFd) -> Result<Here, Errno> {
    let is_proc = fstatfs(&directory)?.f_type == PROC_SUPER_MAGIC;
    Ok(if is_proc { Here::Proc } else { Here::Directory(directory, 0) })
}

enum Found {
    Directory(OwnedFd),
    Link(PathBuf),
    Nothing,
}

fn open(directory: &OwnedFd, name: &OsStr) -> Result<Found, Errno> {
    let found = match open_path(directory, name, OFlags::NOFOLLOW) {
        Ok(found) => found,
        Err(error) => return unless_missing(error).map(|()| Found::Nothing),
    };
    Ok(match FileType::from_raw_mode(fstat(&found)?.st_mode) {
        FileType::Directory => Found::Directory(found),
        FileType::Symlink => Found::Link(OsString::from_vec(readlinkat(&found, "", Vec::new())?.into_bytes()).into()),
        _ => Found::Nothing,
    })
}

fn open_path(at: impl AsFd, name: &OsStr, more: OFlags) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(at, name, OFlags::PATH | OFlags::CLOEXEC | more, Mode::empty())
}

/// What is not there for this user is not there for the container.
fn unless_missing(error: Errno) -> Result<(), Errno> {
    match error {
        Errno::NOENT | Errno::NOTDIR | Errno::ACCESS | Errno::NAMETOOLONG | Errno::LOOP => Ok(()),
        error => Err(error),
    }
}

#[cfg(test)]
mod tests;
