//! The verb `exec`: runs a command in a container.

use anyhow::{Result, anyhow, bail};
use clap::Args;
use oci_bundle::containers::State;
use oci_bundle::runner::{self, Overrides, UserOption, Variable};

use crate::monitor::registry;
use crate::run::{caller, terminal};

#[derive(Args)]
pub struct ExecOptions {
    /// Set an environment variable; without a value, pass yours on
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<Variable>,

    /// Run as this user and group: numbers, or names from the container
    #[arg(long, value_name = "USER[:GROUP]", allow_hyphen_values = true)]
    user: Option<UserOption>,

    /// The working directory
    #[arg(long, value_name = "DIRECTORY")]
    cwd: Option<String>,

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
    let ExecOptions { env, user, cwd, name, command } = options;
    let found = registry()?.find(&name)?;
    match found.record.state {
        State::Running => {}
        State::Starting => bail!("'{name}' has not started yet"),
        State::Exited(code) => bail!("'{name}' has ended with exit code {code}"),
    }
    let mut words = command.into_iter();
    let variables = env.into_iter().map(|variable| variable.resolve(&caller));
    let overrides = Overrides {
        program: Some(words.next().unwrap_or_else(|| "/bin/sh".to_owned())),
        args: words.collect(),
        env: variables.collect::<Result<_, _>>().map_err(|problem| anyhow!("--env: {problem}"))?,
        user,
        terminal: terminal(),
        ..Overrides::default()
    };
    let code = found.running()?.exec(&overrides, cwd.as_deref())?;
    std::process::exit(code.into())
}
