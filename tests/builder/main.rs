//! `oci-bundle build` as Nix runs it, on trees of every kind: what is in the bundle, and what it says when it cannot.

mod captured;
mod config;
mod derivation;
mod mistakes;
mod mount_points;
mod trees;
