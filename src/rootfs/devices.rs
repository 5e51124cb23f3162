//! The devices that a runtime makes: in the root filesystem itself there can be none, as it is in the store.

use std::path::Path;

use anyhow::Result;

use super::Facts;
use super::mount_points::MountPoints;
use super::resolve;
use super::tree::Tree;
use crate::field::{AttrPath, Mistake, quoted};

/// Checks that each device is made in what is mounted, and so the devices that a runtime makes in every container.
///
/// # Errors
/// A [`Mistake`] at a device, or at the mount on /dev that was dropped.
pub fn check(tree: &Tree<'_>, points: &MountPoints, facts: &Facts<'_>) -> Result<()> {
    let Some(devices) = &facts.devices else { return Ok(()) };
    if points.at_or_above(&resolve::resolve(tree, Path::new("/dev"))?.place).is_none() {
        let problem = "found null, but a runtime makes devices in /dev, which cannot be in the bundle; leave that out, or say \
                       { type = \"tmpfs\"; }";
        return Err(Mistake::new(&AttrPath::default().attribute("mounts").attribute("/dev"), problem).into());
    }
    for (attribute, path) in devices {
        let path = path.as_path().as_std_path();
        // Behind a file of the root filesystem there may be a directory of a mount.
        let place = resolve::if_anywhere(tree, path)?.map_or(path.to_owned(), |resolved| resolved.place);
        let mount = points.at_or_above(&place).and_then(|mount| facts.mounts.get(mount));
        let is_in_store = |source: &str| tree.closure().has(source.as_ref());
        if mount.is_none_or(|mount| mount.is_bind() && is_in_store(&mount.source)) {
            let problem = format!(
                "a runtime would make {} in the bundle, where it cannot be; choose a path below \"/dev\", or below a mount \
                 of your own",
                quoted(&path.to_string_lossy())
            );
            return Err(Mistake::new(attribute, problem).into());
        }
    }
    Ok(())
}
