//! The command line.

use anyhow::{Result, anyhow};
use camino::Utf8PathBuf;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand};
use oci_bundle::field::LAST_ID;
use oci_bundle::nix::attrs;
use oci_bundle::nix::store::StoreDir;
use oci_bundle::run::{Variable, Volume};
use serde::de::DeserializeOwned;

/// Builds OCI runtime bundles from Nix closures.
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Builds a bundle. Nix runs this as the builder of a buildContainer derivation.
    Build(BuildOptions),
    /// Runs a bundle, as root or not. The exit code is the container's.
    Run(RunOptions),
    /// Maps ids for another process. `run` starts this.
    #[command(hide = true)]
    MapIds {
        /// The process
        pid: u32,
        /// The map of users
        uids: String,
        /// The map of groups
        gids: String,
    },
    /// Writes the program that runs one bundle. Nix runs this for `container.run`.
    #[command(hide = true)]
    WriteLauncher(LauncherOptions),
    /// Lists a closure. Nix runs this for `container.closure`.
    #[command(hide = true)]
    WriteClosure(AttrsOptions),
}

/// Options before the bundle, arguments behind it.
#[derive(Args)]
pub struct RunOptions {
    /// The OCI runtime: a path, or a name on PATH [default: crun, runc or youki, the first on PATH]
    #[arg(long, value_name = "PROGRAM", env = "OCI_RUNTIME")]
    pub runtime: Option<Utf8PathBuf>,

    /// Where to keep what a container with a writable root writes [default: in memory, while it runs]
    #[arg(long, value_name = "DIRECTORY")]
    pub state: Option<Utf8PathBuf>,

    /// A variable of the environment
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<Variable>,

    /// A directory or file of the host to mount
    #[arg(long, value_name = "SOURCE:DESTINATION[:ro]")]
    pub mount: Vec<Volume>,

    /// The user and group to run as
    #[arg(long, value_name = "UID[:GID]", value_parser = user)]
    pub user: Option<(u32, u32)>,

    /// Run a shell in place of the program; it has to be in the container
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, default_missing_value = "/bin/sh", require_equals = true, value_parser = NonEmptyStringValueParser::new())]
    pub shell: Option<String>,

    /// Print the config.json that would be used, and run nothing
    #[arg(long)]
    pub dry_run: bool,

    /// The bundle, such as ./result of a nix build
    pub bundle: Utf8PathBuf,

    /// Arguments in the place of those after the program
    #[arg(last = true)]
    pub args: Vec<String>,
}

fn user(text: &str) -> Result<(u32, u32), String> {
    let number = |text: &str| {
        let id = text.parse().ok().filter(|id| *id <= LAST_ID);
        id.ok_or_else(|| format!("found '{text}', want a number from 0 to {LAST_ID}"))
    };
    match text.split_once(':') {
        Some((uid, gid)) => Ok((number(uid)?, number(gid)?)),
        None => number(text).map(|uid| (uid, uid)),
    }
}

#[derive(Args)]
pub struct LauncherOptions {
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

#[derive(Args)]
pub struct BuildOptions {
    #[command(flatten)]
    pub attrs: AttrsOptions,

    /// The number of threads; 0 for one a core
    #[arg(long, value_name = "NUMBER", env = "NIX_BUILD_CORES", default_value_t = 0)]
    pub cores: usize,
}

impl AttrsOptions {
    pub fn read<A: DeserializeOwned>(&self) -> Result<A> {
        attrs::read(self.attrs.as_deref(), self.build_dir.as_deref())
    }

    pub fn store_dir(&self) -> Result<StoreDir> {
        StoreDir::new(&self.store_dir).map_err(|reason| anyhow!("NIX_STORE: found '{}', {reason}", self.store_dir))
    }
}
