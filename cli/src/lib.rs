//! Runs OCI containers defined in Nix, and bundles that any tool made.

pub mod runner;
pub mod testing;
