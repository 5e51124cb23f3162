//! The command line.

use clap::{Parser, Subcommand};

use crate::build::BuildOptions;
use crate::build_form::FormOptions;
use crate::write_archive::ArchiveOptions;
use crate::write_layout::LayoutOptions;

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
    /// Write another form of an image. Nix calls this for `container.image.layout` and `.archive`.
    #[command(hide = true)]
    BuildForm(FormOptions),
    /// Write an image as a layout: a directory with all its blobs.
    Layout(LayoutOptions),
    /// Write an image as an archive that docker, podman, ctr and skopeo load.
    Archive(ArchiveOptions),
}
