//! The host's files. Each is opened once, checked, and used by its descriptor, as its path may belong to somebody else.

mod detached_mount;
mod directory;
mod entries;
mod identity;
mod mount_points;
mod own_directory;
mod real_path;
mod retry;
pub mod root_dir;
mod search_path;
mod trust;

pub use self::detached_mount::DetachedMount;
pub use self::directory::{make_directory, open_directory};
pub use self::entries::{Entries, kind_at};
pub use self::identity::Identity;
pub use self::mount_points::MountPoints;
pub use self::own_directory::{ensure_own, find_entry, open_to_list};
pub use self::real_path::real_path;
pub use self::retry::retry_on_race;
pub use self::root_dir::RootDir;
pub use self::search_path::{SearchPath, find_executable};
pub use self::trust::{FixedDirectory, Links, Trust};
