//! The verb `layout`: writes a whole layout of an image.

use anyhow::Result;
use camino::Utf8PathBuf;
use clap::Args;
use oci_bundle_image::layout;
use oci_bundle_image::source::Source;

#[derive(Args)]
pub struct LayoutOptions {
    /// The recipe
    recipe: Utf8PathBuf,

    /// The directory to make
    #[arg(long, value_name = "DIRECTORY")]
    out: Utf8PathBuf,
}

/// Makes the bytes of all layers.
pub fn write_layout(options: &LayoutOptions) -> Result<()> {
    layout::write(&Source::read(&options.recipe)?, options.out.as_std_path())
}
