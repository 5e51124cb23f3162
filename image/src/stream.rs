//! The verb `stream`: writes an image as one archive.

use std::fs::{self, File};
use std::io::IsTerminal;
use std::os::fd::AsFd;

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use oci_bundle_image::archive;
use oci_bundle_image::pipe;
use oci_bundle_image::source::Source;

#[derive(Args)]
pub struct StreamOptions {
    /// The recipe
    recipe: Utf8PathBuf,

    /// The file to make [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<Utf8PathBuf>,
}

/// Makes the bytes of all layers.
pub fn stream(options: &StreamOptions) -> Result<()> {
    let source = Source::read(&options.recipe)?;
    let Some(file) = &options.out else {
        let stdout = std::io::stdout();
        ensure!(!stdout.is_terminal(), "an archive is not for a terminal; redirect it, or say --out FILE");
        // Without the standard library's search for ends of lines.
        let out = stdout.as_fd().try_clone_to_owned().context("opening standard output")?;
        return archive::write(source, pipe::enlarged(File::from(out)));
    };
    write_file(source, file)
}

/// Writes it into a new file. If that fails, nothing is left of it.
pub fn write_file(source: Source, file: &Utf8Path) -> Result<()> {
    let making = || format!("making '{file}'");
    let new = File::create_new(file).with_context(making)?;
    let written = archive::write(source, new).with_context(making);
    if written.is_err() {
        let _ = fs::remove_file(file);
    }
    written
}
