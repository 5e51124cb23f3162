//! Runs OCI containers that a Nix expression defines, and any other tool's bundles.

pub mod runner;
