//! The standard streams of a check: a `/dev/null` of which nobody can change the owner or the mode.
//!
//! crun makes the streams of another process in a container its user's (`fchown(2)`). Of a container of root, that would be the
//! host's `/dev/null`, which that user could close to everybody else then.

use std::fs::File;
use std::io::ErrorKind;

use anyhow::{Context, Result};
use camino::Utf8Path;
use rustix::mount::{self, MountFlags};

/// Where it is, beside `config.json`.
const FILE: &str = "null";

/// Mounts it in the directory of a run, read-only, which is no obstacle to writing to a device.
///
/// # Errors
/// What the kernel does not allow.
pub fn mount_null(place: &Utf8Path) -> Result<()> {
    let file = place.join(FILE);
    let mounting = || format!("mounting '/dev/null' at '{file}'");
    File::create(&file).with_context(mounting)?;
    mount::mount_bind("/dev/null", file.as_std_path()).with_context(mounting)?;
    let flags = MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NOEXEC;
    mount::mount_remount(file.as_std_path(), flags, "").with_context(mounting)
}

/// Opens it. An ordinary user has none, and no power over the host's.
///
/// # Errors
/// What the kernel does not allow.
pub fn open_null(place: &Utf8Path) -> Result<File> {
    let open = |path: &Utf8Path| File::options().read(true).write(true).open(path);
    match open(&place.join(FILE)) {
        Err(error) if error.kind() == ErrorKind::NotFound => open("/dev/null".into()),
        opened => opened,
    }
    .context("opening '/dev/null'")
}
