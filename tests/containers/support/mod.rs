//! What the tests are made with: Nix, runtimes, machines, users, trees.

pub mod builder;
pub mod built;
pub mod cgroup;
pub mod lan;
pub mod life;
pub mod machine;
pub mod nix;
pub mod runner;
pub mod runtime;
pub mod script;
pub mod subordinate_ids;
pub mod terminal;
pub mod tree;
