//! The containers of a user that run: a directory with a record of each, which is found again when whoever started it is gone.

pub mod cgroups;
mod filtering_runtimes;
mod found;
mod log;
mod name;
mod record;
mod record_file;
mod registry;
mod started;

pub use self::found::Found;
pub use self::log::{LogReader, LogWriter, Output, Stream};
pub use self::name::Name;
pub use self::record::{Record, State, pid_namespace};
pub use self::registry::{Registry, Taken, place};
pub use self::started::{PAUSE, Starting};
