//! The verb `stream`: writes an image as one archive.

use std::fs::{self, File};
use std::io::{BufWriter, IsTerminal, Write};

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use oci_bundle_image::archive;
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
        return archive::write(source, BufWriter::with_capacity(1 << 20, stdout.lock()));
    };
    write_file(source, file)
}

/// Writes it into a new file. If that fails, nothing is left of it.
pub fn write_file(source: Source, file: &Utf8Path) -> Result<()> {
    let making = || format!("making '{file}'");
    let new = File::create_new(file).with_context(making)?;
    let mut out = BufWriter::with_capacity(1 << 20, new);
    let written = archive::write(source, &mut out).and_then(|()| out.flush().with_context(making));
    if written.is_err() {
        let _ = fs::remove_file(file);
    }
    written
}
