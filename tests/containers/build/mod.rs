//! What Nix builds, and what it says instead.

mod copying;
mod derivation;
mod errors;
mod evaluation;
mod faults;
mod flake;
mod hostile;
mod init;
mod large_closure;
mod library;
mod newer_nix;
mod passthru;
mod rebuilds;
mod roots;
mod starts;
mod store;
mod variants;
