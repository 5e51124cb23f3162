//! The documentation against what there is.

mod docker;
mod imports;
mod pages;
mod reference;
mod words;
