//! `container.image`: its recipe, and the forms that clients read.

mod build_image;
mod clients;
mod hostile;
mod index;
mod nix_database;
mod progress;
mod recipe;
mod registry;
mod schema;
mod tree;
