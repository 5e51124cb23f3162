//! The verb `hold-pasta`: becomes pasta(1), in a mount namespace of its own and as a user who may do nothing else.

use anyhow::Result;
use camino::Utf8PathBuf;
use clap::Args;
use oci_bundle::runner::{self, PastaOptions};

/// Become pasta. `run` starts this.
#[derive(Args)]
#[command(hide = true)]
pub struct PastaArguments {
    /// The number of the process that started this
    #[arg(long)]
    parent: u32,

    /// Where the namespaces of the network are
    #[arg(long)]
    directory: Utf8PathBuf,

    /// The user to become
    #[arg(long)]
    user: Option<u32>,

    /// The program
    program: Utf8PathBuf,

    /// Its arguments
    #[arg(last = true)]
    args: Vec<String>,
}

/// Becomes it, and so returns only if that fails.
pub fn hold_pasta(options: PastaArguments) -> Result<()> {
    let PastaArguments { parent, directory, user, program, args } = options;
    match runner::hold_pasta(PastaOptions { parent, directory, user, program, args })? {}
}
