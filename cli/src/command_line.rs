//! The command line.

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::run::{ContainerOptions, RunOptions};
use crate::write_closure::ClosureOptions;
use crate::write_wrapper::{WRAPPED, WrapperOptions};

/// Runs OCI containers that a Nix expression defines.
#[derive(Parser)]
#[command(version, about)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Runs a bundle, with or without root. The exit code is the container's.
    Run(RunOptions),
    /// Makes a user namespace and waits in it. `run` starts this.
    #[command(hide = true)]
    HoldUserNamespace,
    /// Writes the program that runs one bundle. Nix runs this for `container.run`.
    #[command(hide = true)]
    WriteWrapper(WrapperOptions),
    WriteClosure(ClosureOptions),
}

/// Runs one container, with or without root. The exit code is the container's.
#[derive(Parser)]
struct Wrapped {
    #[command(flatten)]
    options: ContainerOptions,

    /// Arguments in the place of those after the program
    #[arg(last = true)]
    args: Vec<String>,
}

/// Reads the command line. What comes from the script of a container has its name and its bundle in front, and help and
/// messages for who calls that.
pub fn parse(words: Vec<OsString>) -> Result<Command, clap::Error> {
    let [_, verb, name, bundle, given @ ..] = words.as_slice() else {
        return Ok(CommandLine::try_parse_from(words)?.command);
    };
    let (true, Some(name), Some(bundle)) = (verb == WRAPPED, name.to_str(), bundle.to_str()) else {
        return Ok(CommandLine::try_parse_from(words)?.command);
    };
    let command = Wrapped::command().bin_name(name).display_name(name).version(env!("CARGO_PKG_VERSION"));
    let matches = command.try_get_matches_from([&OsString::from(name)].into_iter().chain(given))?;
    let Wrapped { options, args } = Wrapped::from_arg_matches(&matches)?;
    Ok(Command::Run(RunOptions { options, bundle: bundle.into(), args }))
}
