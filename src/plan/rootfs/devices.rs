//! The devices that a runtime makes: in the root filesystem itself there can be none, as it is in the store.

use std::path::Path;

use anyhow::Result;

use super::mount_points::MountPoints;
use super::tree::Tree;
use crate::plan::diagnostics::{ArgumentError, AttrPath, quoted};
use crate::plan::mounts::MountSource;
use crate::plan::process_context::{Device, ProcessContext};
use crate::plan::resolve;

/// Checks that each device is made in what is mounted, and so the devices that a runtime makes in every container.
///
/// # Errors
/// An [`ArgumentError`] at a device, or at the mount on /dev that was dropped.
pub fn check(tree: &Tree<'_>, points: &MountPoints<'_>, context: &ProcessContext) -> Result<()> {
    let Some(devices) = &context.devices else { return Ok(()) };
    if points.at_or_above(&resolve::resolve(tree, Path::new("/dev"))?.place).is_none() {
        let problem = "found null, but a runtime makes devices in /dev, which cannot be in the bundle; \
                       leave that out, or set it to { type = \"tmpfs\"; }";
        return Err(ArgumentError::new(&AttrPath::default().attribute("mounts").attribute("/dev"), problem).into());
    }
    for Device { attribute, path } in devices {
        let path = path.as_path().as_std_path();
        // Behind a file of the root filesystem there may be a directory of a mount.
        let place = resolve::try_resolve(tree, path)?.map_or(path.to_owned(), |resolved| resolved.place);
        if points.at_or_above(&place).is_none_or(|(_, planned)| planned.source == MountSource::Closure) {
            let problem = format!(
                "a runtime would make {} in the bundle, which cannot hold it; choose a path below \"/dev\", or below \
                 a mount of your own",
                quoted(&path.to_string_lossy())
            );
            return Err(ArgumentError::new(attribute, problem).into());
        }
    }
    Ok(())
}
