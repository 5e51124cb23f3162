//! Whether a run may do what only root may.

use std::fs;

pub use oci_bundle_builder::plan::runtime_config::namespace_mounts::Privilege;
use rustix::process::geteuid;

/// The privilege of this process.
pub fn detect() -> Privilege {
    if geteuid().is_root() && has_all_ids() { Privilege::Root } else { Privilege::Rootless }
}

/// Whether the ids here are those of the host. Root in a user namespace is not root on the host.
fn has_all_ids() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.split_whitespace().eq(["0", "0", "4294967295"])
}
