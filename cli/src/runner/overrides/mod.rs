//! What the command line changes in a bundle's config.json.

mod accounts;
mod apply;
mod created_hook;
mod env_file;
mod keep_id;
mod terminal;
mod tmpfs_size;
mod user_option;
mod variable;
mod volume;
mod volume_option;

pub use self::apply::{Overrides, add_bind, apply_overrides};
pub use self::created_hook::CreatedHook;
pub use self::env_file::{parse_env_file, read_env_file};
pub use self::keep_id::KeepId;
pub use self::terminal::Terminal;
pub use self::tmpfs_size::{TmpfsSize, set_size_of_tmp};
pub use self::user_option::UserOption;
pub use self::variable::{Lookup, Variable};
pub use self::volume::Volume;
pub use self::volume_option::VolumeOption;
