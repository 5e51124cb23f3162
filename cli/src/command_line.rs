//! The command line.

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::hold_process_tree::ProcessTreeOptions;
use crate::run::{ContainerOptions, RunOptions};
use crate::test::TestOptions;
use crate::write_closure::ClosureOptions;
use crate::write_wrapper::{WRAPPED, WrapperOptions};

/// Run OCI containers defined in Nix, and bundles that any tool made.
#[derive(Parser)]
#[command(version)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Run a bundle, with or without root, and exit with the container's exit code.
    Run(RunOptions),
    /// Hold a user namespace while `run` maps its ids.
    #[command(hide = true)]
    HoldUserNamespace,
    /// Write the wrapper that runs one bundle. Nix calls this for `container.run`.
    #[command(hide = true)]
    WriteWrapper(WrapperOptions),
    WriteClosure(ClosureOptions),
    Test(TestOptions),
    HoldProcessTree(ProcessTreeOptions),
}

/// Run this container, with or without root, and exit with its exit code.
#[derive(Parser)]
struct Wrapped {
    #[command(flatten)]
    options: ContainerOptions,

    /// Arguments for the container's program, instead of the bundle's
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
