//! The volumes of a run, which are there and stay there from now on.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use oci_bundle_builder::plan::definition::named_volume::VolumeName;
use rustix::fs::{FlockOperation, Gid, OFlags, RenameFlags, flock};
use rustix::process::getegid;

use super::content::{Content, relative};
use super::planned_volumes::PlannedVolumes;
use super::remove_tree::remove_tree;
use super::volumes_dir::{DATA, LOCK, VolumesDir, make, open_lock};
use crate::runner::files::{Identity, open_to_list};
use crate::runner::owned_files::{OwnedFile, Owner};

/// What the names of those begin with that are not made yet.
pub const NEW: &str = ".new-";

/// The mode of a volume of which the bundle says nothing.
const MODE: u32 = 0o755;

/// The volumes. Those that are new are made when the run has its user namespace, and are gone with this value before.
#[derive(Debug, Default)]
pub struct TakenVolumes<'p> {
    directory: Option<VolumesDir>,
    /// Keeps other runs from making the same, as long as there are new ones.
    guard: Option<OwnedFd>,
    owned: &'p [OwnedFile],
    root: Owner,
    /// Which directory each is.
    identities: BTreeMap<VolumeName, Identity>,
    new: Vec<NewVolume>,
}

#[derive(Debug)]
struct NewVolume {
    name: VolumeName,
    /// Its name until it is made.
    temporary: String,
    data: OwnedFd,
    owner: Owner,
    mode: u32,
    content: Option<Content>,
}

/// Where a volume is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeSource {
    /// The path of its directory.
    pub path: Utf8PathBuf,
    /// Which directory that is.
    pub identity: Identity,
}

impl<'p> TakenVolumes<'p> {
    /// Opens those that are there, and prepares those that are not. Each is locked for as long as one of the descriptors is open
    /// that come along. `root` is the bundle's root file system, of whose files `owned` belong to others than root.
    ///
    /// # Errors
    /// They cannot be had.
    pub fn take(planned: &'p PlannedVolumes, owned: &'p [OwnedFile], root: OwnedFd) -> Result<(Self, Vec<OwnedFd>)> {
        let mut taken = Self::default();
        (taken.owned, taken.root) = (owned, planned.root);
        if planned.is_empty() {
            return Ok((taken, Vec::new()));
        }
        let directory = taken.directory.insert(VolumesDir::make(&planned.directory)?);
        taken.guard = Some(directory.lock(FlockOperation::LockExclusive)?);
        let mut locks = Vec::new();
        for (destination, name) in &planned.names {
            if taken.identities.contains_key(name) {
                continue;
            }
            let of_volume = || format!("the volume '{name}'");
            let (data, lock) = if let Some(found) = directory.find(name.as_str())? {
                (found.data, found.lock)
            } else {
                let content = Content::find(root.as_fd(), relative(Utf8Path::new(destination)));
                let (new, lock) = NewVolume::begin(directory, name, content).with_context(of_volume)?;
                let data = new.data.try_clone().context("keeping a directory open")?;
                taken.new.push(new.with_owner(planned.user, owned));
                (data, lock)
            };
            flock(&lock, FlockOperation::LockShared).with_context(of_volume)?;
            taken.identities.insert(name.clone(), Identity::new(&data).with_context(of_volume)?);
            locks.push(lock);
        }
        if taken.new.is_empty() {
            taken.guard = None;
        }
        Ok((taken, locks))
    }

    /// Makes those that are new, with the ids of the user namespace that this process has got since, and tells where all are.
    ///
    /// # Errors
    /// What cannot be written; the volume is not there then.
    pub fn make(mut self) -> Result<BTreeMap<VolumeName, VolumeSource>> {
        let Some(directory) = &self.directory else { return Ok(BTreeMap::new()) };
        while let Some(new) = self.new.last() {
            new.finish(directory, self.owned, self.root)
                .with_context(|| format!("making the volume '{}'", new.name))?;
            self.new.pop();
        }
        if self.guard.is_some() {
            remove_left(directory);
        }
        let source = |(name, identity): (&VolumeName, &Identity)| {
            let path = directory.path.join(name.as_str()).join(DATA);
            (name.clone(), VolumeSource { path, identity: *identity })
        };
        Ok(self.identities.iter().map(source).collect())
    }
}

/// Removes what was not made when its run was killed: as this process makes some, no other does.
pub fn remove_left(directory: &VolumesDir) {
    for name in directory.entries().unwrap_or_default().iter().filter(|name| name.starts_with(NEW)) {
        // Files of ids that this process has not are for another one.
        let _ = remove_tree(directory.as_fd(), name);
    }
}

impl Drop for TakenVolumes<'_> {
    fn drop(&mut self) {
        for new in &self.new {
            // The error that this is for has been told.
            let _ = self.directory.as_ref().map(|directory| remove_tree(directory.as_fd(), &new.temporary));
        }
    }
}

impl NewVolume {
    /// Makes the directories, with the ids that this process starts with.
    fn begin(directory: &VolumesDir, name: &VolumeName, content: Option<Content>) -> Result<(Self, OwnedFd)> {
        let temporary = directory.unused_name(NEW)?;
        let begin = || {
            make(directory.as_fd(), &temporary)?;
            let own = open_to_list(directory, &temporary)?;
            make(own.as_fd(), DATA)?;
            let data = open_to_list(&own, DATA)?;
            let lock = open_lock(own.as_fd(), LOCK, OFlags::CREATE | OFlags::EXCL)?;
            // A directory may hand its group on, which the user namespace of the run need not have.
            for made in [&own, &data, &lock] {
                rustix::fs::fchown(made, None, Some(Gid::from_raw(getegid().as_raw())))?;
            }
            anyhow::Ok((data, lock))
        };
        let (data, lock) = match begin() {
            Ok(made) => made,
            Err(error) => {
                let _ = remove_tree(directory.as_fd(), &temporary);
                return Err(error).with_context(|| format!("writing to '{}'", directory.path));
            }
        };
        let name = name.clone();
        Ok((Self { name, temporary, data, owner: Owner::default(), mode: MODE, content }, lock))
    }

    /// The same with the owner and mode that the bundle says, or else of this user.
    fn with_owner(mut self, user: Owner, owned: &[OwnedFile]) -> Self {
        let said = self.content.as_ref().and_then(|content| content.owned(owned));
        (self.owner, self.mode) = said.map_or((user, MODE), |file| (file.owner(), file.mode));
        self
    }

    /// Gives it its content and owner, and then its name.
    fn finish(&self, directory: &VolumesDir, owned: &[OwnedFile], root: Owner) -> Result<()> {
        if let Some(content) = &self.content {
            content.copy_to(self.data.as_fd(), owned, root)?;
        }
        self.owner.give(&self.data, self.mode).context("giving it its owner")?;
        let name = self.name.as_str();
        rustix::fs::renameat_with(directory, &self.temporary, directory, name, RenameFlags::NOREPLACE)
            .with_context(|| format!("giving it its place in '{}'", directory.path))
    }
}
