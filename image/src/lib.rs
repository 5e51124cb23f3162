//! OCI images of containers that a Nix expression defines.
//!
//! An image is made in two steps. A [`recipe`] says of each layer what is in it, and which digests it has; it is small, and is what
//! Nix builds and keeps. The bytes of a [`blob`] are made from the store when somebody wants them, and checked against the recipe.
//!
//! Terms are those of the [OCI image specification](https://github.com/opencontainers/image-spec).

pub mod archive;
pub mod blob;
pub mod compression;
pub mod config;
pub mod digest;
pub mod documents;
pub mod layer;
pub mod layout;
pub mod manifest;
pub mod options;
pub mod pipe;
pub mod progress;
pub mod recipe;
pub mod serve;
pub mod source;
pub mod tar;
pub mod uncarried;
