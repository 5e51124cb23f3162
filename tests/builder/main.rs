//! `oci-bundle-builder build` as Nix runs it, on trees of every kind: what is in the bundle, and what it says when it cannot.

mod base_files;
mod capabilities;
mod captured;
mod config;
mod config_meaning;
mod config_shapes;
mod contents;
mod derivation;
mod directories;
mod errors;
mod files;
mod help;
mod limits;
mod links;
mod mount_points;
mod mounted_closure;
mod program;
mod seccomp;
mod trees;
