//! The command line.

use clap::{Parser, Subcommand};

use crate::build::BuildOptions;
use crate::build_form::FormOptions;
use crate::build_index::IndexOptions;
use crate::copy::CopyOptions;
use crate::list_layers::LayersOptions;
use crate::load::LoadOptions;
use crate::serve_images::ServeOptions;
use crate::stream::StreamOptions;
use crate::write_layout::LayoutOptions;
use crate::write_wrapper::WrapperOptions;

/// Make OCI images of containers that a Nix expression defines.
#[derive(Parser)]
#[command(version)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Make the recipe of an image. Nix calls this for `container.image`.
    Build(BuildOptions),
    /// Make an index of images. Nix calls this for `imageIndex`.
    #[command(hide = true)]
    BuildIndex(IndexOptions),
    /// Write another form of an image. Nix calls this for `container.image.layout` and `.archive`.
    #[command(hide = true)]
    BuildForm(FormOptions),
    /// Write an image as a layout: a directory with all its blobs.
    Layout(LayoutOptions),
    /// Say what is in each layer of an image, and what a push would send.
    Layers(LayersOptions),
    /// Serve images as a registry to pull from.
    Serve(ServeOptions),
    /// Copy an image to a registry, or to any other destination of skopeo.
    Copy(CopyOptions),
    /// Load an image into an engine of this host.
    Load(LoadOptions),
    /// Write the wrapper that hands on one image. Nix calls this.
    #[command(hide = true)]
    WriteWrapper(WrapperOptions),
    /// Write an image as an archive that docker, podman, ctr and skopeo load.
    Stream(StreamOptions),
}
