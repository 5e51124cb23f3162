//! What is fuzzed: each `run` takes any bytes, and panics where something does not hold that should for all of them.

#![forbid(unsafe_code)]

pub mod attributes;
#[cfg(test)]
mod captures;
#[cfg(test)]
mod documents;
pub mod links;
pub mod programs;
pub mod runs;
