//! Containers built by real Nix and run by real runtimes, as a user would. `make containers` sets up what they need.

#![cfg(test)]

mod builder;
mod contents;
mod control_group;
mod copying;
mod defaults;
mod delegation;
mod derivation;
mod devices;
mod documentation;
mod errors;
mod faults;
mod flake;
mod hooks;
mod hostile;
mod kernel;
mod large_closure;
mod limits;
mod mounts;
mod namespaces;
mod newer_nix;
mod nix;
mod passthru;
mod process;
mod programs;
mod reference;
mod roots;
mod run;
mod runtime;
mod schema;
mod schema_documents;
mod schema_examples;
mod schema_fields;
mod script;
mod seccomp;
mod spec_schema;
mod starts;
mod store;
mod subordinate;
mod systemd;
mod terminal;
mod terminals;
mod tree;
mod user;
mod writable;
