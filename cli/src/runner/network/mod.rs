//! What a container has of the network.
//!
//! In the mode `user` it has a network namespace of its own, which pasta(1) connects with the host as any program of the user's
//! would: its connections are those of an ordinary process, and what is published, that process listens on. Who is root of the
//! namespaces cannot get at pasta, which runs in the namespaces of the host, as an ordinary user.

mod addresses;
mod connected;
mod held_pasta;
mod hosts;
mod mode;
mod namespaces;
mod pasta;
mod pasta_version;
mod raw_packets;
mod resolver;
mod user_network;

pub use self::held_pasta::{HOLD_PASTA, PastaOptions, hold_pasta};
pub use self::mode::{Mode as NetworkMode, NetworkOptions};
pub use self::namespaces::{HOLD_NETWORK, hold_network};
pub use self::user_network::{NetworkFiles, NetworkStart, UserNetwork};
