//! What bind mounts are of, taken before the mount namespace is set up.
//!
//! A runtime that looked for a source itself would find what the run has mounted below whatever is above the bundle: the container's /proc, not
//! masked, and files of the run. And somebody else could change the path meanwhile. So each source is found once and kept as a
//! mount of its own, which the runtime is told to bind. A path of the store as a whole is neither above the bundle nor can
//! anybody change it; there may be thousands, and these stay as they are, for [`Store::have_mounted`] or the runtime.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::path::Path;

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::mount::{self, MountPropagationFlags};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use super::store_mounts::{InStore, Store};
use crate::runner::bundle::Bundle;
use crate::runner::files::{
    DetachedMount, FixedDirectory, Identity, Links, Trust, make_directory, open_directory, real_path, retry_on_race,
};
use crate::runner::overrides::Volume;
use crate::runner::runtime_config::{Mount, RuntimeConfig};
use crate::runner::volumes::{PlannedVolumes, VolumeSource};
use oci_bundle_builder::plan::definition::named_volume::VolumeName;
use oci_bundle_builder::plan::derivation::store::StorePath;

/// Files that are open beside the sources.
const OTHER_FILES: u64 = 64;

/// Who says what a source is.
#[derive(Clone, Copy)]
pub struct Origin<'o> {
    /// The bundle that the document is of, in which relative sources are.
    pub bundle: &'o Bundle,
    /// Who may have made links.
    pub trust: &'o Trust,
    /// The mounts that the caller has asked for.
    pub volumes: &'o [Volume],
    /// The volumes that are mounted.
    pub named: &'o PlannedVolumes,
    /// Whether what is mounted in one place may appear in others of the same source.
    pub propagates: bool,
}

/// Where the sources of a document's bind mounts are, looked for with the ids that this process starts with: in a user namespace
/// of its own, nobody could tell who owns a link.
pub struct FoundSources {
    outside: Vec<Outside>,
    /// Those in the root file system of the bundle, which is there later.
    in_root: Vec<InRoot>,
    /// Those that are volumes, which may not be there yet.
    volumes: Vec<InVolume>,
    /// Those that are in the store, and stay where they are.
    in_store: Vec<InStore>,
}

struct Outside {
    index: usize,
    path: Utf8PathBuf,
    identity: Identity,
    is_recursive: bool,
    propagates: bool,
}

struct InVolume {
    index: usize,
    name: VolumeName,
}

struct InRoot {
    index: usize,
    path: String,
    is_recursive: bool,
}

impl FoundSources {
    /// Looks for them.
    ///
    /// # Errors
    /// A source that is not there, or that is not to be shown.
    pub fn new(config: &RuntimeConfig, origin: Origin<'_>) -> Result<Self> {
        let mut found = Self { outside: Vec::new(), in_root: Vec::new(), volumes: Vec::new(), in_store: Vec::new() };
        let root = config.root_path();
        let store = origin.store();
        for bind in config.mounts().into_iter().filter(Mount::is_bind) {
            let (index, is_recursive) = (bind.index, bind.is_recursive());
            if let Some(name) = origin.named.find(&bind) {
                found.volumes.push(InVolume { index, name: name.clone() });
            } else if let Some(kind) = store.as_ref().and_then(|store| store.kind_of(&bind)) {
                found.in_store.push(InStore { index, kind });
            } else if let Some(path) = bind.path_in_root(root) {
                found.in_root.push(InRoot { index, path, is_recursive });
            } else {
                let (path, identity) = origin.find(&bind).with_context(|| mounting(&bind))?;
                found.outside.push(Outside { index, path, identity, is_recursive, propagates: bind.propagates() });
            }
        }
        Ok(found)
    }

    /// Takes them, as mounts of the mount namespace that this process has got since. The `volumes` are there now.
    ///
    /// # Errors
    /// A source that was replaced, or too many for the files that may be open.
    pub fn take(self, config: &RuntimeConfig, volumes: &BTreeMap<VolumeName, VolumeSource>) -> Result<BindSources> {
        let first = self.in_store.first().map(|first| config.mounts()[first.index].source);
        let store = first.and_then(|first| Utf8Path::new(first).parent()).map(take_store).transpose()?;
        let limit = getrlimit(Resource::Nofile);
        let of_volumes = self.volumes.into_iter().filter_map(|InVolume { index, name }| {
            let VolumeSource { path, identity } = volumes.get(&name)?.clone();
            Some(Outside { index, path, identity, is_recursive: true, propagates: false })
        });
        let outside: Vec<_> = self.outside.into_iter().chain(of_volumes).collect();
        allow_open_files(limit, outside.len() as u64)?;
        let mounts = config.mounts();
        let taken = outside.into_iter().map(|source| {
            let mounting = || mounting(&mounts[source.index]);
            let opened = source.identity.open_again(&source.path).with_context(mounting)?;
            let tree = DetachedMount::clone_of(&opened, source.is_recursive).with_context(mounting)?;
            Ok(Taken { index: source.index, tree, propagates: source.propagates })
        });
        let taken = taken.collect::<Result<Vec<_>>>()?;
        Ok(BindSources { taken, in_root: self.in_root, in_store: self.in_store, store, limit })
    }
}

/// Takes the store before anything is mounted in it. Nobody can put another directory in its place.
fn take_store(path: &Utf8Path) -> Result<Store> {
    let taking = || format!("taking the store '{path}'");
    let directory = open_directory(CWD, path.as_std_path()).with_context(taking)?;
    let tree = DetachedMount::clone_of(&directory, true).with_context(taking)?;
    Ok(Store { path: path.to_owned(), tree })
}

fn mounting(bind: &Mount<'_>) -> String {
    format!("mounting '{}' at '{}'", bind.source, bind.destination)
}

/// The sources of a document's bind mounts, each a mount that is nowhere yet.
pub struct BindSources {
    taken: Vec<Taken>,
    in_root: Vec<InRoot>,
    in_store: Vec<InStore>,
    /// The store, if there are mounts of its paths.
    pub store: Option<Store>,
    /// The limit of open files, as it was.
    limit: Rlimit,
}

struct Taken {
    index: usize,
    tree: DetachedMount,
    propagates: bool,
}

impl BindSources {
    /// Puts them below the directory `place`, and their paths there into the document. `rootfs` is the root file system that the
    /// container gets. Gives those that stay in the store.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn put(self, config: &mut RuntimeConfig, place: &Utf8Path, rootfs: BorrowedFd<'_>) -> Result<Vec<InStore>> {
        if !(self.taken.is_empty() && self.in_root.is_empty()) {
            make_directory(place)?;
        }
        let mut put_one = |index: usize, tree: &DetachedMount, propagates: bool| {
            let path = place.join(index.to_string());
            let entry = &mut config["mounts"][index];
            let mounting = |entry: &Value| format!("mounting {} at {}", entry["source"], entry["destination"]);
            let is_file = put_source(tree, &path, propagates).with_context(|| mounting(entry))?;
            entry["source"] = json!(path);
            if is_file {
                have_nothing_below(entry);
            }
            anyhow::Ok(())
        };
        for Taken { index, tree, propagates } in self.taken {
            put_one(index, &tree, propagates)?;
        }
        for InRoot { index, path, is_recursive } in self.in_root {
            let open = || {
                let flags = OFlags::PATH | OFlags::CLOEXEC;
                rustix::fs::openat2(rootfs, path.as_str(), flags, Mode::empty(), ResolveFlags::IN_ROOT)
            };
            let source =
                retry_on_race(open).with_context(|| format!("looking for '{path}' in the root file system"))?;
            let tree = DetachedMount::clone_of(&source, is_recursive).with_context(|| format!("mounting '{path}'"))?;
            put_one(index, &tree, false)?;
        }
        for stored in self.in_store.iter().filter(|stored| stored.kind != FileType::Directory) {
            have_nothing_below(&mut config["mounts"][stored.index]);
        }
        setrlimit(Resource::Nofile, self.limit).context("setting the limit of open files")?;
        Ok(self.in_store)
    }
}

impl Origin<'_> {
    /// Finds the source of a mount.
    fn find(&self, mount: &Mount<'_>) -> Result<(Utf8PathBuf, Identity)> {
        // Runtimes follow such a link all the same, later, to what belongs to the run.
        let keeps_link = mount.has(&["copy-symlink", "src-nofollow"]);
        let links = if keeps_link { Links::LastKept } else { Links::All };
        let source = self.trust.open_source(self.bundle.directory(), Path::new(mount.source), links)?;
        let stat = rustix::fs::fstat(&source).context("looking at it")?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
            bail!("found a link, which cannot be mounted as one; leave out 'copy-symlink' and 'src-nofollow'");
        }
        let path = real_path(&source)?;
        let kept = self.bundle.kept();
        if !mount.is_read_only() && path.starts_with(kept) && !self.is_asked_for(mount) {
            bail!("it is in '{kept}', which must not change; add 'ro', or mount a directory outside");
        }
        Ok((path, Identity::new(&source).context("looking at it")?))
    }

    /// Whether the caller has named the mount: only the mount that was asked for last is left at its destination.
    fn is_asked_for(&self, mount: &Mount<'_>) -> bool {
        self.volumes.iter().any(|volume| volume.destination.to_string() == mount.destination)
    }

    /// The store that the bundle is in, if sources can stay there.
    fn store(&self) -> Option<StoreOfBundle<'_>> {
        let bundle = &self.bundle.path;
        let path = bundle.parent().filter(|store| self.bundle.kept() == *store && !self.propagates)?;
        Some(StoreOfBundle { path, bundle, directory: self.trust.fixed_directory(path)? })
    }
}

/// The store that a bundle is in, in which only trusted users change anything.
struct StoreOfBundle<'o> {
    path: &'o Utf8Path,
    bundle: &'o Utf8Path,
    directory: FixedDirectory<'o>,
}

impl StoreOfBundle<'_> {
    /// What the source of a mount is, if it can stay where it is: a store path as a whole, which nobody else can change, and to
    /// which nothing is written.
    fn kind_of(&self, mount: &Mount<'_>) -> Option<FileType> {
        let (store, name) = mount.source.rsplit_once('/')?;
        if store != self.path || mount.source == self.bundle || !mount.is_read_only() || mount.propagates() {
            return None;
        }
        name.parse::<StorePath>().ok()?;
        self.directory.kind_of_fixed(name).filter(|kind| *kind != FileType::Symlink)
    }
}

/// Makes an option for what is mounted below a source one for the source alone: there is nothing below a file, and crun 1.8
/// wants a directory for it.
fn have_nothing_below(entry: &mut Value) {
    for option in entry["options"].as_array_mut().into_iter().flatten().filter(|option| *option == "rro") {
        *option = json!("ro");
    }
}

/// Puts one of them onto a new directory or file at `path`. Tells whether it is no directory.
fn put_source(tree: &DetachedMount, path: &Utf8PathBuf, propagates: bool) -> Result<bool> {
    let stat = rustix::fs::fstat(tree).context("looking at it")?;
    let is_file = FileType::from_raw_mode(stat.st_mode) != FileType::Directory;
    if is_file {
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
        let made = rustix::fs::openat(CWD, path.as_std_path(), flags, Mode::from_raw_mode(0o600));
        made.with_context(|| format!("making the file '{path}'"))?;
    } else {
        make_directory(path)?;
    }
    tree.attach(path)?;
    if !propagates {
        let flags = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        mount::mount_change(path.as_std_path(), flags)
            .context("keeping what is mounted on it later out of the container")?;
    }
    Ok(is_file)
}

/// Lets this process open so many files more.
fn allow_open_files(before: Rlimit, count: u64) -> Result<()> {
    let wanted = count + OTHER_FILES;
    if before.current.is_some_and(|limit| limit < wanted) {
        let raised = Rlimit { current: Some(wanted), maximum: before.maximum };
        setrlimit(Resource::Nofile, raised).with_context(|| {
            format!("opening the sources of {count} bind mounts; raise the limit of open files (ulimit -n)")
        })?;
    }
    Ok(())
}
