//! The verb `image`: becomes `oci-bundle-image`, which is a package of its own, as every recipe names the version that makes its bytes.

use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Result, bail};
use clap::Args;
use oci_bundle::runner::SearchPath;

/// What it becomes.
const PROGRAM: &str = "oci-bundle-image";

#[derive(Args)]
pub struct ImageOptions {
    /// The verb (stream, layout, serve, copy, load or layers) and what it takes; VERB --help shows that
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "ARGUMENT")]
    words: Vec<OsString>,
}

/// Becomes the program.
pub fn image(options: &ImageOptions) -> Result<()> {
    let search_path = SearchPath::new(env::var_os("PATH").unwrap_or_default());
    let Some(program) = search_path.find(PROGRAM) else {
        bail!("'{PROGRAM}' is not on PATH; nix run github:oci-bundle/oci-bundle#oci-bundle-image has it");
    };
    let error = Command::new(&program).args(&options.words).exec();
    bail!("starting '{program}': {error}")
}
