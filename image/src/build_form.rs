//! The verb `build-form`: writes another form of an image, for `container.image.layout` and `.archive`, and those of `imageIndex`.

use anyhow::Result;
use camino::Utf8PathBuf;
use clap::Args;
use oci_bundle_builder::attrs_options::AttrsOptions;
use oci_bundle_builder::plan::derivation::attrs::Outputs;
use oci_bundle_image::layout;
use oci_bundle_image::source::Source;
use serde::Deserialize;

use crate::stream;

#[derive(Args)]
pub struct FormOptions {
    #[command(flatten)]
    attrs: AttrsOptions,
}

/// What nix/lib/internal/forms.nix puts into the derivation.
#[derive(Deserialize)]
struct FormAttrs {
    recipe: Utf8PathBuf,
    form: Form,
    outputs: Outputs,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    Layout,
    Archive,
}

/// Makes the bytes of all layers.
pub fn build_form(options: &FormOptions) -> Result<()> {
    let FormAttrs { recipe, form, outputs } = options.attrs.read()?;
    let source = Source::read(&recipe)?;
    match form {
        Form::Layout => layout::write(&source, outputs.out.as_std_path()),
        Form::Archive => stream::write_file(source, &outputs.out),
    }
}
