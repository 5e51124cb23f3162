//! `container.image`: its recipe, and the forms that clients read.

mod build_image;
mod buildah;
mod clients;
mod docker;
mod hostile;
mod index;
mod nix_database;
mod oci_image_tool;
mod owners;
mod progress;
mod recipe;
mod registry;
mod schema;
mod serving;
mod stable_layers;
mod tree;
mod umoci;
