//! Which mounts of store paths have the same result if they come after all others.

use std::collections::HashSet;
use std::os::fd::{BorrowedFd, OwnedFd};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::InStore;
use crate::runner::files::{Entries, retry_on_race};
use crate::runner::runtime_config::Mount;

/// The most mounts with links in them that are remembered.
const MOST_WITH_LINKS: usize = 64;

/// File systems in which no link leads out of them.
const WITHOUT_LINKS: [&str; 6] = ["tmpfs", "devpts", "mqueue", "sysfs", "cgroup", "cgroup2"];

/// What is looked at to choose.
pub struct Trees<'t> {
    /// The path of the store.
    pub store: &'t Utf8Path,
    /// The store of the host.
    pub tree: BorrowedFd<'t>,
    /// The root file system of the container, without mounts.
    pub rootfs: BorrowedFd<'t>,
    /// That of the bundle, which is read faster than an overlay.
    pub lower: BorrowedFd<'t>,
}

/// A mount that may come last.
#[derive(Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Where it is in the list.
    pub index: usize,
    /// The name of the store path.
    pub name: String,
}

/// Where in the store a mount is.
enum Reach {
    Outside,
    /// At or below an entry.
    Entry(String),
    /// At or above the store, or nobody knows.
    All,
}

impl Trees<'_> {
    /// Those that no other mount is above, at or below, and whose mount points are there.
    pub fn choose(&self, mounts: &[Mount<'_>], in_store: &[InStore]) -> Vec<Chosen> {
        let mount_points = open_below(self.lower, self.store, OFlags::DIRECTORY).map(Entries::new);
        let Ok(mut mount_points) = mount_points else { return Vec::new() };
        let mut in_store = in_store.iter().peekable();
        let (mut chosen, mut names) = (Vec::new(), HashSet::new());
        let (mut held, mut with_links) = (HashSet::new(), Vec::new());
        for mount in mounts {
            let stored = in_store.next_if(|stored| stored.index == mount.index);
            let plain = stored.filter(|_| mount.destination == mount.source && mount.is_plain_read_only_bind());
            let name = mount.source.rsplit_once('/').map_or("", |(_, name)| name);
            if plain.is_some_and(|plain| mount_points.kind_of(name) == Some(plain.kind)) && names.insert(name) {
                chosen.push(Chosen { index: mount.index, name: name.to_owned() });
                continue;
            }
            match self.reach(mount, &mut with_links) {
                Reach::Outside => {}
                Reach::Entry(name) => {
                    held.insert(name);
                }
                Reach::All => return Vec::new(),
            }
        }
        chosen.retain(|chosen| !held.contains(&chosen.name));
        chosen
    }

    fn reach(&self, mount: &Mount<'_>, with_links: &mut Vec<Utf8PathBuf>) -> Reach {
        let Some(place) = mount.place() else { return Reach::All };
        let is_unclear = || with_links.iter().any(|above| place.starts_with(above)) || !self.has_no_links(&place);
        if self.store.starts_with(&place) || is_unclear() {
            return Reach::All;
        }
        let may_have_links = mount.is_bind() || mount.has(&["tmpcopyup"]) || !WITHOUT_LINKS.contains(&mount.kind());
        if may_have_links {
            if with_links.len() == MOST_WITH_LINKS {
                return Reach::All;
            }
            with_links.push(place.clone());
        }
        let below = place.strip_prefix(self.store).ok().and_then(|below| below.iter().next());
        below.map_or(Reach::Outside, |name| Reach::Entry(name.to_owned()))
    }

    /// Whether no link is on the way to a place, neither in the root file system nor in a store path that is mounted there.
    fn has_no_links(&self, place: &Utf8Path) -> bool {
        let has_none =
            |root, path| matches!(open_below(root, path, OFlags::empty()), Ok(_) | Err(Errno::NOENT | Errno::NOTDIR));
        has_none(self.rootfs, place) && place.strip_prefix(self.store).map_or(true, |below| has_none(self.tree, below))
    }
}

/// Opens what is below a directory, through no link.
pub fn open_below(directory: BorrowedFd<'_>, path: &Utf8Path, more: OFlags) -> Result<OwnedFd, Errno> {
    let path = path.strip_prefix("/").unwrap_or(path);
    let flags = OFlags::PATH | OFlags::CLOEXEC | more;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    retry_on_race(|| rustix::fs::openat2(directory, path.as_std_path(), flags, Mode::empty(), resolve))
}

#[cfg(test)]
mod tests;
