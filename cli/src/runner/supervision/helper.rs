//! A process beside the runtime.

use std::process::Child;

/// A process that a container cannot do without, such as one of its network.
#[derive(Debug)]
pub struct Helper {
    /// What it is, for messages.
    pub name: &'static str,
    /// The process.
    pub child: Child,
}
