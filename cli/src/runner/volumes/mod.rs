//! Volumes: directories that outlive the containers that they are mounted into.
//!
//! Each is a directory of the caller's state directory, which nobody else may enter: `NAME/data` is what containers see, as nothing
//! in there may be the caller's, and `NAME/lock` is locked by each run that uses it. A run makes a volume under another name, gives
//! it its owner and content in the user namespace of the run, and then its name; a lock of the whole directory lets one process at
//! a time do so. So there is no volume that is half made, and none is removed while it is used.

mod content;
mod listed;
mod planned_volumes;
mod removal;
mod remove_tree;
mod state_home;
mod taken_volumes;
mod volumes_dir;

pub use self::listed::ListedVolume;
pub use self::planned_volumes::{AskedVolumes, PlannedVolumes};
pub use self::removal::remove;
pub use self::state_home::StateHome;
pub use self::taken_volumes::{TakenVolumes, VolumeSource};
pub use self::volumes_dir::{MissingVolume, VolumesDir};
