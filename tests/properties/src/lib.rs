//! What holds for any input: of each property, as many cases as `PROPTEST_CASES` says. `make test` runs a few
//! thousand in all, `make soak` more than 100 000.

#![cfg(test)]

mod any;
mod bundles;
mod decoding;
mod patches;
mod resolving;
mod trees;
