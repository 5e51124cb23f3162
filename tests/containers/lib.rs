//! Containers built by real Nix and run by real runtimes, as a user would. `make containers` sets up what they need.

#![cfg(test)]

mod build;
mod check;
mod docs;
mod image;
mod inside;
mod run;
mod schema;
mod support;
