//! A test with a script: the script starts the containers, and talks to them over a network of their own.
//!
//! One process, the supervisor, starts all of it and holds what is known: it answers the programs `container` and `network` of the
//! script over a socket.

mod containers;
mod hosts;
mod listeners;
mod log;
mod node;
mod report;
mod request;
mod shell;
mod spec;
mod supervision;
mod supervisor;

pub use self::listeners::Port;
pub use self::request::{Action, Created, Cut, Reply, Request, Socket};
pub use self::shell::{CONTAINER, NAMED, NETWORK, SOCKET};
pub use self::spec::{NodeSpec, ScriptSpec};
pub use self::supervision::Supervision;
pub use self::supervisor::supervise;
