//! The command line.

use std::ffi::OsString;

use anyhow::{Result, anyhow};
use camino::Utf8PathBuf;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use oci_bundle::runner::{KeepId, Size, UserOption, Variable, Volume, WRAPPED};
use oci_bundle_builder::plan::derivation::store::StoreDir;

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
    /// Lists a closure. Nix runs this for `container.closure`.
    #[command(hide = true)]
    WriteClosure(AttrsOptions),
}

/// Options before the bundle, arguments behind it.
#[derive(Args)]
pub struct RunOptions {
    #[command(flatten)]
    pub options: ContainerOptions,

    /// The bundle, such as ./result of a nix build
    pub bundle: Utf8PathBuf,

    /// Arguments in the place of those after the program
    #[arg(last = true)]
    pub args: Vec<String>,
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

#[derive(Args)]
pub struct ContainerOptions {
    /// The OCI runtime: a path, or a name on PATH [default: crun, runc or youki, the first on PATH]
    #[arg(long, value_name = "PROGRAM", env = "OCI_RUNTIME", hide_env_values = true)]
    pub runtime: Option<Utf8PathBuf>,

    /// Where to keep what a container with a writable root writes [default: in memory, while it runs]
    #[arg(long, value_name = "DIRECTORY")]
    pub state: Option<Utf8PathBuf>,

    /// How much a container may write to memory, such as 512M or 20% [default: 50%]
    #[arg(long, value_name = "SIZE")]
    pub tmpfs_size: Option<Size>,

    /// A variable of the environment; without a value, the caller's
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub env: Vec<Variable>,

    /// A file with variables, a line each
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<Utf8PathBuf>,

    /// A directory or file of the host to mount
    #[arg(long, value_name = "SOURCE:DESTINATION[:ro]")]
    pub mount: Vec<Volume>,

    /// The user and group to run as, by number, or by a name of the bundle
    #[arg(long, value_name = "USER[:GROUP]", allow_hyphen_values = true)]
    pub user: Option<UserOption>,

    /// keep-id makes the container's user the caller on the host
    #[arg(long, value_name = "keep-id[:uid=UID,gid=GID]")]
    pub userns: Option<KeepId>,

    /// Run a shell in place of the program; it has to be in the container
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, default_missing_value = "/bin/sh", require_equals = true, value_parser = NonEmptyStringValueParser::new())]
    pub shell: Option<String>,

    /// Print the config.json that would be used, and run nothing
    #[arg(long)]
    pub dry_run: bool,
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

#[derive(Args)]
pub struct WrapperOptions {
    /// The program's name
    pub name: String,

    /// The oci-bundle that it calls
    pub program: Utf8PathBuf,

    /// The runtime, where the environment names no other
    pub runtime: Utf8PathBuf,

    /// The bundle
    pub bundle: Utf8PathBuf,

    /// The directory to make
    #[arg(long, value_name = "DIRECTORY", env = "out")]
    pub out: Utf8PathBuf,
}

/// Where Nix puts what a derivation says. All of it comes from the environment that Nix gives a builder.
#[derive(Args)]
pub struct AttrsOptions {
    /// The derivation's structured attributes
    #[arg(long, value_name = "FILE", env = "NIX_ATTRS_JSON_FILE")]
    pub attrs: Option<Utf8PathBuf>,

    /// The build directory, whose .attrs.json is read if the file above is not there
    #[arg(long, value_name = "DIRECTORY", env = "NIX_BUILD_TOP")]
    pub build_dir: Option<Utf8PathBuf>,

    /// The store directory
    #[arg(long, value_name = "DIRECTORY", env = "NIX_STORE", default_value = "/nix/store")]
    pub store_dir: String,
}

impl AttrsOptions {
    pub fn store_dir(&self) -> Result<StoreDir> {
        StoreDir::new(&self.store_dir).map_err(|reason| anyhow!("NIX_STORE: found '{}', {reason}", self.store_dir))
    }
}
