//! The documentation against what there is.

mod pages;
mod reference;
