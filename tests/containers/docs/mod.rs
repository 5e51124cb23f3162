//! The documentation against what there is.

mod imports;
mod pages;
mod reference;
mod words;
