//! Containers built by real Nix and run by real runtimes, as a user would. `make containers` sets up what they need.

#![cfg(test)]

mod builder;
mod contents;
mod derivation;
mod documentation;
mod errors;
mod flake;
mod mounts;
mod nix;
mod programs;
mod reference;
mod roots;
mod runtime;
mod schema;
mod schema_examples;
mod schema_fields;
mod spec_schema;
mod starts;
mod tree;
