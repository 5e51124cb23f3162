//! What the benchmarks share: trees to copy, and tables to print.

pub mod closure;
pub mod costs;
pub mod graph;
pub mod numbers;
pub mod parts;
pub mod pushes;
pub mod rounds;
pub mod shape;
pub mod table;
pub mod tree;
