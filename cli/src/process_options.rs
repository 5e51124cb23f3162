//! The options of another process in a container.

use anyhow::{Result, anyhow};
use clap::Args;
use oci_bundle::runner::{Overrides, Running, UserOption, Variable};

use crate::run::{caller, terminal};

#[derive(Args)]
pub struct ProcessOptions {
    /// Set an environment variable; without a value, pass yours on
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<Variable>,

    /// Run as this user and group: numbers, or names from the container
    #[arg(long, value_name = "USER[:GROUP]", allow_hyphen_values = true)]
    user: Option<UserOption>,

    /// The working directory
    #[arg(long, value_name = "DIRECTORY")]
    cwd: Option<String>,
}

impl ProcessOptions {
    /// Runs a command in a container. Gives its exit code.
    pub fn run(self, running: &Running, command: Vec<String>) -> Result<u8> {
        let Self { env, user, cwd } = self;
        let mut words = command.into_iter();
        let variables = env.into_iter().map(|variable| variable.resolve(&caller));
        let overrides = Overrides {
            program: words.next(),
            args: words.collect(),
            env: variables.collect::<Result<_, _>>().map_err(|problem| anyhow!("--env: {problem}"))?,
            user,
            terminal: terminal(),
            ..Overrides::default()
        };
        running.exec(&overrides, cwd.as_deref())
    }
}
