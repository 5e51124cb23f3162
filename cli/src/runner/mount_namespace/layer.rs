//! Whether a container needs a layer over its bundle: where it writes to its root, or a runtime has to make something there.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;

use crate::runner::files::{Entries, retry_on_race};
use crate::runner::owned_files::is_annotated;
use crate::runner::runtime_config::{Mount, RuntimeConfig, normal};

/// A layer, and what it has to be able to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Whether device nodes work in it.
    pub has_devices: bool,
}

/// The layer that a run of this document needs over the root file system `root`, if it needs one.
///
/// `notifies` says whether the runtime mounts a socket for `sd_notify(3)`, below `/run`.
pub fn required_layer(config: &RuntimeConfig, root: impl AsFd, notifies: bool) -> Option<Layer> {
    let mut root = Root { root: root.as_fd(), last: None };
    let entries = config.mounts();
    let mut mounted = Mounted::default();
    let mut is_needed = notifies || !config.is_root_read_only() || can_remount(config) || is_annotated(config);
    for mount in &entries {
        is_needed |= writes_to_root(mount);
        match mount.place() {
            Some(place) => {
                is_needed = is_needed || !mounted.covers(&place) && !root.has(&place);
                mounted.insert(&place);
            }
            // The runtime knows what it means by it.
            None => is_needed = true,
        }
    }
    let lacks = |path: &str| normal(path).is_none_or(|path| !mounted.covers(&path));
    let has_devices = lacks("/dev") || config.devices().filter_map(|device| device["path"].as_str()).any(lacks);
    let cwd = config.cwd();
    let has_cwd = !lacks(cwd) || normal(cwd).is_some_and(|cwd| root.has(&cwd));
    (is_needed || has_devices || !has_cwd).then_some(Layer { has_devices })
}

/// Whether the container can make a read-only mount of the bundle writable (mount(2), `MS_REMOUNT`): what it writes then goes to
/// the layer.
fn can_remount(config: &RuntimeConfig) -> bool {
    config.has_capability("CAP_SYS_ADMIN")
}

/// Whether what is written through a mount would go to the bundle, of which its source is a part.
fn writes_to_root(mount: &Mount<'_>) -> bool {
    mount.is_bind() && !mount.source.starts_with('/') && !mount.is_read_only()
}

/// Places that are mounted on, without those that are below another one.
#[derive(Debug, Default)]
struct Mounted(BTreeSet<String>);

impl Mounted {
    /// Whether a path is at or below one of them.
    fn covers(&self, path: &Utf8Path) -> bool {
        self.has_above(&sortable(path))
    }

    fn has_above(&self, path: &str) -> bool {
        // What is between a place and a path below it is below that place, too.
        let before = self.0.range::<str, _>((Bound::Unbounded, Bound::Included(path))).next_back();
        before.is_some_and(|place| path.starts_with(place))
    }

    fn insert(&mut self, place: &Utf8Path) {
        let place = sortable(place);
        if self.has_above(&place) {
            return;
        }
        let from = (Bound::Excluded(place.as_str()), Bound::Unbounded);
        let below: Vec<_> = self.0.range::<str, _>(from).take_while(|it| it.starts_with(&place)).cloned().collect();
        for place in below {
            self.0.remove(&place);
        }
        self.0.insert(place);
    }
}

/// A path as a text that sorts in the order of its names, and starts with that of each path above it: no name has a NUL character.
fn sortable(path: &Utf8Path) -> String {
    path.as_str().replace('/', "\0") + "\0"
}

/// The root file system, in which many paths of one directory are looked for.
struct Root<'r> {
    root: BorrowedFd<'r>,
    /// The directory that was looked into last.
    last: Option<(Utf8PathBuf, Entries)>,
}

impl Root<'_> {
    /// Whether there is something at a path, links followed as in the container.
    fn has(&mut self, path: &Utf8Path) -> bool {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return true };
        if self.last.as_ref().is_none_or(|(last, _)| last != parent) {
            let Ok(directory) = self.open(parent) else { return false };
            self.last = Some((parent.to_owned(), Entries::new(directory)));
        }
        match self.last.as_mut().and_then(|(_, entries)| entries.kind_of(name)) {
            Some(FileType::Symlink) => self.open(path).is_ok(),
            kind => kind.is_some(),
        }
    }

    fn open(&self, path: &Utf8Path) -> Result<OwnedFd, Errno> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        retry_on_race(|| openat2(self.root, path.as_std_path(), flags, Mode::empty(), ResolveFlags::IN_ROOT))
    }
}

#[cfg(test)]
mod tests;
