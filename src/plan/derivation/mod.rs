//! What Nix hands to the builder: the structured attributes, and in them the reference graph.

pub mod attrs;
pub mod closure;
pub mod store;
