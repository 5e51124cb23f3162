//! Whether a container needs a layer over its bundle: where it writes to its root, or a runtime has to make something there.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::os::fd::{AsFd, BorrowedFd};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{Mode, OFlags, ResolveFlags};

use crate::runner::files::retry_on_race;
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
    let root = root.as_fd();
    let entries = config.mounts();
    let mut mounted = Mounted::default();
    let mut is_needed = notifies || !config.is_root_read_only() || can_remount(config) || is_annotated(config);
    for mount in &entries {
        is_needed |= writes_to_root(mount);
        match mount.place() {
            Some(place) => {
                is_needed |= !mounted.covers(&place) && !exists(root, &place);
                mounted.insert(place);
            }
            // The runtime knows what it means by it.
            None => is_needed = true,
        }
    }
    let lacks = |path: &str| normal(path).is_none_or(|path| !mounted.covers(&path));
    let has_devices = lacks("/dev") || config.devices().filter_map(|device| device["path"].as_str()).any(lacks);
    let cwd = config.cwd();
    let has_cwd = !lacks(cwd) || normal(cwd).is_some_and(|cwd| exists(root, &cwd));
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
struct Mounted(BTreeSet<Utf8PathBuf>);

impl Mounted {
    /// Whether a path is at or below one of them.
    fn covers(&self, path: &Utf8Path) -> bool {
        // Paths are in the order of their names. What is between a place and a path below it is below that place, too.
        let before = self.0.range::<Utf8Path, _>((Bound::Unbounded, Bound::Included(path))).next_back();
        before.is_some_and(|place| path.starts_with(place))
    }

    fn insert(&mut self, place: Utf8PathBuf) {
        if self.covers(&place) {
            return;
        }
        let from = (Bound::Excluded(place.as_path()), Bound::Unbounded);
        let below: Vec<_> =
            self.0.range::<Utf8Path, _>(from).take_while(|it| it.starts_with(&place)).cloned().collect();
        for place in below {
            self.0.remove(&place);
        }
        self.0.insert(place);
    }
}

/// Whether there is something at a path in the root file system, links followed as in the container.
fn exists(root: BorrowedFd<'_>, path: &Utf8Path) -> bool {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let open = || rustix::fs::openat2(root, path.as_std_path(), flags, Mode::empty(), ResolveFlags::IN_ROOT);
    retry_on_race(open).is_ok()
}

#[cfg(test)]
mod tests;
