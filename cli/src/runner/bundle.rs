//! The bundle that is run: a directory that anybody may have made, which is opened once.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use anyhow::{Context, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use serde_json::Value;

use super::files::{Identity, real_path, retry_on_race};
use crate::runner::runtime_config::RuntimeConfig;
use oci_bundle_builder::plan::derivation::store::StorePath;

/// More than any `config.json` takes, so that what never ends is not read for ever: 10 000 mounts take 3 MiB.
const LARGEST: u64 = 8 << 20;

/// A bundle (runtime-spec, bundle.md).
#[derive(Debug)]
pub struct Bundle {
    /// Its real path.
    pub path: Utf8PathBuf,
    /// Which directory it is.
    pub identity: Identity,
    directory: OwnedFd,
}

impl Bundle {
    /// Opens it; links to it are followed.
    ///
    /// # Errors
    /// It is not there, or not a directory.
    pub fn open(given: &Utf8Path) -> Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(CWD, given.as_std_path(), flags, Mode::empty());
        let directory = opened.with_context(|| wanted(&given.join("config.json")))?;
        let looking = || format!("looking at '{given}'");
        let path = real_path(&directory).with_context(looking)?;
        ensure!(path != "/", "'{given}' is the root of this host; want a bundle, such as ./result of a nix build");
        let identity = Identity::new(&directory).with_context(looking)?;
        Ok(Self { path, identity, directory })
    }

    /// What its `config.json` says.
    ///
    /// # Errors
    /// It is not there, not a file, or not JSON.
    pub fn config(&self) -> Result<RuntimeConfig> {
        let name = self.config_path();
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(&self.directory, "config.json", flags, Mode::empty());
        let file = opened.with_context(|| wanted(&name))?;
        let stat = rustix::fs::fstat(&file).with_context(|| wanted(&name))?;
        ensure!(FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile, "'{name}' is not a file");
        let mut text = String::new();
        let read = File::from(file).take(LARGEST + 1).read_to_string(&mut text).with_context(|| wanted(&name))?;
        ensure!(read as u64 <= LARGEST, "'{name}' has more than {} MiB", LARGEST >> 20);
        let value: Value = serde_json::from_str(&text).with_context(|| format!("'{name}' is not JSON"))?;
        Ok(value.into())
    }

    /// Where its `config.json` is.
    pub fn config_path(&self) -> Utf8PathBuf {
        self.path.join("config.json")
    }

    /// Opens the root file system that `root.path` names, below this directory, which is the bundle's: runtimes take no links
    /// either, and what is elsewhere is not the bundle's to show.
    ///
    /// # Errors
    /// There is none, or it is elsewhere.
    pub fn open_root(&self, directory: impl AsFd, root: &str) -> Result<OwnedFd> {
        let field = "config.json: root.path";
        let want = "want a directory in the bundle, such as \"rootfs\"";
        let below = if root.starts_with('/') { root.strip_prefix(self.path.as_str()) } else { Some(root) };
        let below = below.filter(|below| !root.starts_with('/') || below.is_empty() || below.starts_with('/'));
        let Some(below) = below.map(|below| below.trim_start_matches('/')) else {
            bail!("{field}: '{root}' is outside of the bundle; {want}");
        };
        let below = if below.is_empty() { "." } else { below };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let opened = retry_on_race(|| rustix::fs::openat2(directory.as_fd(), below, flags, Mode::empty(), resolve));
        match opened {
            Err(Errno::LOOP) => bail!("{field}: '{root}' is a link, or leads through one; {want}"),
            Err(Errno::XDEV) => bail!("{field}: '{root}' is outside of the bundle; {want}"),
            Err(Errno::NOTDIR) => bail!("{field}: '{root}' is not a directory; {want}"),
            opened => opened.with_context(|| format!("{field}: '{root}'; {want}")),
        }
    }

    /// It, as long as no mount namespace of its own is needed.
    pub fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// The root file system, as long as no mount namespace of its own is needed.
    ///
    /// # Errors
    /// As for [`Bundle::open_root`].
    pub fn root(&self, root: &str) -> Result<OwnedFd> {
        self.open_root(&self.directory, root)
    }

    /// What its volumes are named after: its path, which begins with the name of its store path if it is in one, as a new version
    /// has that name, too.
    pub fn name(&self) -> String {
        let parts: Vec<_> = self.path.components().map(|part| part.as_str()).collect();
        let named = |(index, part): (usize, &&str)| Some((index, part.parse::<StorePath>().ok()?));
        match parts.iter().enumerate().find_map(named) {
            Some((index, store_path)) => [&[store_path.name()], &parts[index + 1..]].concat().join("/"),
            None => self.path.to_string(),
        }
    }

    /// The directory in which nothing may be changed: the bundle, or the store that it is in, itself or in a store path.
    pub fn kept(&self) -> &Utf8Path {
        let is_store_path = |path: &&Utf8Path| path.file_name().is_some_and(|name| name.parse::<StorePath>().is_ok());
        let outermost = self.path.ancestors().filter(is_store_path).last();
        outermost.and_then(Utf8Path::parent).unwrap_or(&self.path)
    }
}

fn wanted(file: &Utf8Path) -> String {
    format!("reading '{file}'; want a bundle, such as ./result of a nix build")
}

#[cfg(test)]
mod tests;
