//! Runs a container where it is built, and compares what it did with what was expected.

mod capture;
mod expectation;
mod final_files;
mod process_tree;
mod spec;
mod trial;

pub use self::process_tree::hold_process_tree;
pub use self::spec::TestSpec;
pub use self::trial::{Outcome, Trial};
