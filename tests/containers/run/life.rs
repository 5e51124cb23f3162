//! Containers that run: `ps`, `exec`, `logs`, `stop`, `kill` and `remove`, for root and for an ordinary user. Each test ends with the
//! check that nothing is left.

mod detached;
mod entered;
mod killed;
mod logs;
mod names;
mod registry;
mod shared_pids;
mod sockets;
mod stopped;
mod twenty;

use crate::support::built::Built;
use crate::support::runner::container;

/// A container that goes on until it is told to end, which it does with the exit code 0.
fn server(arguments: &str) -> Built {
    let script = "trap 'exit 0' TERM; echo to stdout; echo to stderr >&2; while :; do sleep 0.1; done";
    container(script, arguments)
}
