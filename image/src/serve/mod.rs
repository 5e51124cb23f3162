//! A registry to pull from: the pull half of the OCI distribution specification (spec.md, "Pull"), for images whose layers are made when
//! somebody asks for them.

mod body;
mod registry;
mod server;

pub use self::registry::{Registry, repository};
pub use self::server::{Sent, Server};
