//! Runs OCI containers defined in Nix, and bundles that any tool made.

pub mod containers;
mod netfilter;
pub mod netlink;
pub mod runner;
pub mod testing;
