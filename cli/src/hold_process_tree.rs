//! The verb `hold-process-tree`: runs a command in a pid namespace of its own, and exits with its exit code.

use anyhow::Result;
use camino::Utf8PathBuf;
use clap::Args;
use oci_bundle::testing::{self, ProcessTree, Step};

/// Run a command in a pid namespace of its own. `test` starts this.
#[derive(Args)]
#[command(hide = true)]
pub struct ProcessTreeOptions {
    /// Whether this is the first process already
    #[arg(long)]
    first: bool,

    /// Make a network namespace as well
    #[arg(long)]
    network: bool,

    /// The file for what keeps the command from being run
    #[arg(long, value_name = "FILE")]
    errors: Utf8PathBuf,

    /// The command and its arguments
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// Runs the command, and ends as it ends.
pub fn hold_process_tree(options: &ProcessTreeOptions) -> Result<()> {
    let step = match (options.first, options.network) {
        (true, _) => Step::First,
        (false, true) => Step::Unshare(ProcessTree::WithNetwork),
        (false, false) => Step::Unshare(ProcessTree::Alone),
    };
    let code = testing::hold_process_tree(&options.command, step, options.errors.as_std_path())?;
    std::process::exit(code.into())
}
