//! The verb `write-wrapper`: writes the script that hands on one image, for `container.image.copyTo` and its like.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use clap::Args;

#[derive(Args)]
pub struct WrapperOptions {
    /// The program's name
    name: String,

    /// The words that it calls, before those that it is given
    #[arg(last = true, required = true)]
    words: Vec<String>,

    /// The directory to make
    #[arg(long, value_name = "DIRECTORY", env = "out")]
    out: Utf8PathBuf,
}

/// Writes it.
pub fn write_wrapper(options: &WrapperOptions) -> Result<()> {
    let directory = options.out.join("bin");
    fs::create_dir_all(&directory).with_context(|| format!("making the directory '{directory}'"))?;
    let words: Vec<_> = options.words.iter().map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect();
    let file = directory.join(&options.name);
    let script = format!("#!/bin/sh\nexec {} \"$@\"\n", words.join(" "));
    fs::write(&file, script).with_context(|| format!("writing '{file}'"))?;
    let mode = fs::Permissions::from_mode(0o555);
    fs::set_permissions(&file, mode).with_context(|| format!("making '{file}' executable"))
}
