//! Writes a bundle (OCI runtime spec, bundle.md).

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result, anyhow, bail};
use camino::{Utf8Path, Utf8PathBuf};
use pathrs::Root;
use pathrs::error::ErrorKind;
use pathrs::flags::OpenFlags;
use rayon::prelude::*;
use serde_json::Value;

use crate::copy::Copier;
use crate::mount::{Destination, MountPoint};
use crate::path::ContainerPath;
use crate::rootfs::Layout;
use crate::store::StoreDir;

/// Writes `config.json` and `rootfs` into the new directory `out`. If that fails, nothing is left of it.
///
/// # Errors
/// What failed, and on which file.
pub fn write(out: &Utf8Path, store_dir: &StoreDir, layout: &Layout, document: &Value) -> Result<()> {
    fs::create_dir(out).with_context(|| format!("making the bundle '{out}'"))?;
    let written = write_into(out, store_dir, layout, document);
    if written.is_err() {
        // The error that led here says more than one about the clean-up would.
        let _ = fs::remove_dir_all(out);
    }
    written
}

fn write_into(out: &Utf8Path, store_dir: &StoreDir, layout: &Layout, document: &Value) -> Result<()> {
    let rootfs = Rootfs::create(out.join("rootfs"))?;
    for directory in &layout.directories {
        rootfs.make_directory(directory)?;
    }
    let copier = Copier::default();
    layout.store_paths.par_iter().try_for_each(|store_path| {
        let from = store_dir.display(store_path).to_string();
        copier
            .copy(from.as_ref(), rootfs.path_of(&from).as_ref())
            .with_context(|| format!("copying the store path '{from}' into the bundle"))
    })?;
    copier.finish()?;
    if let Some(cwd) = &layout.working_directory {
        rootfs.make_working_directory(cwd).with_context(|| format!("buildContainer: cwd: making '{cwd}'"))?;
    }
    for (destination, mount_point) in &layout.mount_points {
        rootfs
            .make_mount_point(destination, mount_point, store_dir)
            .with_context(|| format!("buildContainer: mounts.{:?}: making its mount point", destination.to_string()))?;
    }
    write_config(&out.join("config.json"), document)
}

fn write_config(file: &Utf8Path, document: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(document).context("serialising config.json")?;
    fs::write(file, text + "\n").with_context(|| format!("writing '{file}'"))
}

/// The directory `rootfs`, and a handle that takes every symbolic link below it as the container would: what is
/// made through it is made inside, whatever links the contents have.
struct Rootfs {
    path: Utf8PathBuf,
    root: Root,
}

impl Rootfs {
    fn create(path: Utf8PathBuf) -> Result<Self> {
        fs::create_dir(&path).with_context(|| format!("making the directory '{path}'"))?;
        let root = Root::open(&path).with_context(|| format!("opening the directory '{path}'"))?;
        Ok(Self { path, root })
    }

    /// Where on the host the container's absolute path is. No link is followed.
    fn path_of(&self, inside: &str) -> Utf8PathBuf {
        self.path.join(inside.trim_start_matches('/'))
    }

    fn make_directory(&self, path: &Utf8Path) -> Result<()> {
        self.root
            .mkdir_all(path, &fs::Permissions::from_mode(0o755))
            .map_err(plain)
            .with_context(|| format!("making the directory '{path}' in rootfs"))?;
        Ok(())
    }

    fn make_file(&self, path: &Utf8Path) -> Result<()> {
        if let Some(parent) = path.parent() {
            self.make_directory(parent)?;
        }
        self.root
            .create_file(path, OpenFlags::O_WRONLY | OpenFlags::O_EXCL, &fs::Permissions::from_mode(0o644))
            .map_err(plain)
            .with_context(|| format!("making the file '{path}' in rootfs"))?;
        Ok(())
    }

    fn make_working_directory(&self, cwd: &ContainerPath) -> Result<()> {
        match self.kind_of(cwd.as_path())? {
            Some(Kind::Directory) => Ok(()),
            Some(Kind::File) => bail!("the rootfs has a file there, and a program can only start in a directory"),
            None => self.make_directory(cwd.as_path()),
        }
    }

    /// Makes what a mount goes on, unless the contents have it already.
    fn make_mount_point(
        &self,
        destination: &Destination,
        mount_point: &MountPoint,
        store_dir: &StoreDir,
    ) -> Result<()> {
        let wanted = Kind::wanted(mount_point, store_dir)?;
        let path = destination.as_path().as_path();
        match self.kind_of(path)? {
            None if wanted == Kind::Directory => self.make_directory(path),
            None => self.make_file(path),
            Some(found) if found == wanted => Ok(()),
            Some(found) => bail!(
                "the rootfs has a {found} there, but what is mounted is a {wanted}; \
                 if the source is a {found}, say mountPoint = \"{found}\""
            ),
        }
    }

    /// What is at a path of the container, following links inside.
    fn kind_of(&self, path: &Utf8Path) -> Result<Option<Kind>> {
        match self.root.resolve(path) {
            Ok(handle) => {
                let file = fs::File::from(std::os::fd::OwnedFd::from(handle));
                let metadata = file.metadata().with_context(|| format!("looking at '{path}' in rootfs"))?;
                Ok(Some(Kind::of(&metadata)))
            }
            Err(error) if error.kind() == ErrorKind::OsError(Some(rustix::io::Errno::NOENT.raw_os_error())) => Ok(None),
            Err(error) => Err(anyhow!(plain(error)).context(format!("looking up '{path}' in rootfs"))),
        }
    }
}

/// What the system said, without the details of the call.
fn plain(error: pathrs::error::Error) -> std::io::Error {
    match error.kind() {
        ErrorKind::OsError(Some(number)) => std::io::Error::from_raw_os_error(number),
        _ => std::io::Error::other(error),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Directory,
    File,
}

impl Kind {
    fn of(metadata: &fs::Metadata) -> Self {
        if metadata.is_dir() { Self::Directory } else { Self::File }
    }

    /// What kind of mount point a mount needs.
    fn wanted(mount_point: &MountPoint, store_dir: &StoreDir) -> Result<Self> {
        match mount_point {
            MountPoint::Directory => Ok(Self::Directory),
            MountPoint::File => Ok(Self::File),
            MountPoint::Like(source) => {
                fs::symlink_metadata(source).with_context(|| format!("looking at its source '{source}'"))?;
                // A link out of the store leads to the host, which has to be out of the builder's sight.
                match fs::canonicalize(source).and_then(|target| Ok((fs::metadata(&target)?, target))) {
                    Ok((metadata, target)) if target.starts_with(store_dir.to_path()) => Ok(Self::of(&metadata)),
                    _ => Ok(Self::Directory),
                }
            }
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Directory => "directory",
            Self::File => "file",
        })
    }
}
