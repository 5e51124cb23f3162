//! The hook that mounts store paths, and what it is told (config.md, "POSIX-platform Hooks", `createContainer`): the runtime starts
//! it in the container's mount namespace, when the host's files are still there, and the root file system is below the bundle.

use std::fmt;
use std::fs;
use std::os::fd::AsFd;

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{CWD, FileType, OFlags};
use rustix::mount;
use serde_json::{Value, json};

use super::choice::open_below;
use crate::runner::files::{kind_at, open_directory};

/// The verb of this program.
const VERB: &str = "mount-store";

/// The first line of orders, by whether the directory of the store is kept.
const KEPT: &str = "kept";
const NEW: &str = "new";

/// What to mount.
#[derive(Debug, PartialEq, Eq)]
pub struct Orders<'o> {
    /// Whether the directory of the store may have something that another run has left.
    pub is_kept: bool,
    /// The store's path.
    pub store: &'o Utf8Path,
    /// The names of store paths.
    pub names: Vec<&'o str>,
}

impl fmt::Display for Orders<'_> {
    /// A line for each: no path of a store has one that ends.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", if self.is_kept { KEPT } else { NEW })?;
        writeln!(f, "{}", self.store)?;
        self.names.iter().try_for_each(|name| writeln!(f, "{name}"))
    }
}

/// The file that tells them.
pub fn orders_in(place: &Utf8Path) -> Utf8PathBuf {
    place.join("store-mounts")
}

/// The path of this program. The kernel knows it for as long as the mount namespace is there in which the program was started.
pub fn own_program() -> Option<Utf8PathBuf> {
    std::env::current_exe().ok().and_then(|program| Utf8PathBuf::from_path_buf(program).ok())
}

/// The hook, as config.json has it.
pub fn hook(program: &Utf8Path, place: &Utf8Path) -> Value {
    json!({ "path": program, "args": ["oci-bundle", VERB, place] })
}

/// Mounts what the run of the bundle at `place` has left to it.
///
/// # Errors
/// What the kernel does not allow.
pub fn mount_store(place: &Utf8Path) -> Result<()> {
    let file = orders_in(place);
    let orders = fs::read_to_string(&file).with_context(|| format!("reading '{file}'"))?;
    let mut lines = orders.lines();
    let is_kept = match lines.next() {
        Some(KEPT) => true,
        Some(NEW) => false,
        _ => bail!("'{file}': want '{KEPT}' or '{NEW}' in the first line"),
    };
    let store = Utf8Path::new(lines.next().unwrap_or_default());
    let opening = || format!("opening '{store}' in the root file system");
    let rootfs = open_directory(CWD, place.join("rootfs").as_std_path()).with_context(opening)?;
    let mount_points = open_below(rootfs.as_fd(), store, OFlags::DIRECTORY).with_context(opening)?;
    rustix::process::fchdir(&mount_points).with_context(opening)?;
    let origin = place.join("store");
    for name in lines {
        // A link, through which a mount goes, may be there since another run has left it.
        if is_kept && !matches!(kind_at(&mount_points, name), Some(FileType::Directory | FileType::RegularFile)) {
            bail!("'{store}/{name}': found no directory or file to mount it on; look into the directory of --state");
        }
        let mounted = mount::mount_bind(origin.join(name).as_std_path(), name);
        mounted.with_context(|| format!("mounting '{store}/{name}'"))?;
    }
    Ok(())
}
