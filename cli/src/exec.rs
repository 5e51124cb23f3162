//! The verb `exec`: runs a command in a container.

use anyhow::{Result, bail};
use clap::Args;
use oci_bundle::containers::State;
use oci_bundle::runner;

use crate::monitor::registry;
use crate::process_options::ProcessOptions;

/// What is run if nothing is named.
const SHELL: &str = "/bin/sh";

#[derive(Args)]
pub struct ExecOptions {
    #[command(flatten)]
    options: ProcessOptions,

    /// The container
    name: String,

    /// The command and its arguments [default: /bin/sh]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// Runs it, and exits with its exit code.
pub fn exec(options: ExecOptions) -> Result<()> {
    // What is open here is no business of the container's.
    runner::close_others(None);
    runner::ensure_no_directory()?;
    let ExecOptions { options, name, command } = options;
    let found = registry()?.find(&name)?;
    match found.record.state {
        State::Running => {}
        State::Starting => bail!("'{name}' has not started yet"),
        State::Exited(code) => bail!("'{name}' has ended with exit code {code}"),
    }
    let command = if command.is_empty() { vec![SHELL.to_owned()] } else { command };
    std::process::exit(options.run(&found.running()?, command)?.into())
}
