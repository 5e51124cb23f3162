//! What a container finds, under the runtimes by themselves and under `oci-bundle run`.

mod base_files;
mod contents;
mod defaults;
mod devices;
mod hooks;
mod kernel;
mod limits;
mod mounts;
mod namespaces;
pub mod nix_database;
pub mod owners;
mod process;
mod programs;
mod seccomp;
mod user;
