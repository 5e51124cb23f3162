//! Runs a container where it is built, and compares what it did with what was expected.

mod capture;
mod expectation;
mod final_files;
mod network;
mod process_tree;
mod run_command;
pub mod script;
mod spec;
mod trial;

pub use self::process_tree::{Killed, ProcessTree, Step, hold_process_tree, in_process_tree};
pub use self::spec::TestSpec;
pub use self::trial::{Outcome, Trial};
