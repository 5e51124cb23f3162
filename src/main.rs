//! The command line: where the environment is read, the one thread pool made, and errors become exit codes.

use std::fs;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand};
use oci_bundle::bundle::progress::Progress;
use oci_bundle::container::{Container, Store};
use oci_bundle::field::LAST_ID;
use oci_bundle::nix::attrs::{self, Attrs, ClosureAttrs};
use oci_bundle::nix::closure::Closure;
use oci_bundle::nix::store::StoreDir;
use oci_bundle::rootfs::Facts;
use oci_bundle::rootfs::view::View;
use oci_bundle::run::{Host, Launcher, Run, Terminal, Variable, Volume, Wishes};
use oci_bundle::{bundle, config, program, rootfs, run};
use serde::de::DeserializeOwned;

/// Builds OCI runtime bundles from Nix closures.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
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
struct RunOptions {
    /// The OCI runtime: a path, or a name on PATH [default: crun, runc or youki, the first on PATH]
    #[arg(long, value_name = "PROGRAM", env = "OCI_RUNTIME")]
    runtime: Option<Utf8PathBuf>,

    /// Where to keep what a container with a writable root writes [default: in memory, while it runs]
    #[arg(long, value_name = "DIRECTORY")]
    state: Option<Utf8PathBuf>,

    /// A variable of the environment
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<Variable>,

    /// A directory or file of the host to mount
    #[arg(long, value_name = "SOURCE:DESTINATION[:ro]")]
    mount: Vec<Volume>,

    /// The user and group to run as
    #[arg(long, value_name = "UID[:GID]", value_parser = user)]
    user: Option<(u32, u32)>,

    /// Run a shell in place of the program; it has to be in the container
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, default_missing_value = "/bin/sh", require_equals = true)]
    shell: Option<String>,

    /// Print the config.json that would be used, and run nothing
    #[arg(long)]
    dry_run: bool,

    /// The bundle, such as ./result of a nix build
    bundle: Utf8PathBuf,

    /// Arguments in the place of those after the program
    #[arg(last = true)]
    args: Vec<String>,
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
struct LauncherOptions {
    /// The program's name
    name: String,

    /// The oci-bundle that it calls
    program: Utf8PathBuf,

    /// The runtime, where the environment names no other
    runtime: Utf8PathBuf,

    /// The bundle
    bundle: Utf8PathBuf,

    /// The directory to make
    #[arg(long, value_name = "DIRECTORY", env = "out")]
    out: Utf8PathBuf,
}

/// Where Nix puts what a derivation says. All of it comes from the environment that Nix gives a builder.
#[derive(Args)]
struct AttrsOptions {
    /// The derivation's structured attributes
    #[arg(long, value_name = "FILE", env = "NIX_ATTRS_JSON_FILE")]
    attrs: Option<Utf8PathBuf>,

    /// The build directory, whose .attrs.json is read if the file above is not there
    #[arg(long, value_name = "DIRECTORY", env = "NIX_BUILD_TOP")]
    build_dir: Option<Utf8PathBuf>,

    /// The store directory
    #[arg(long, value_name = "DIRECTORY", env = "NIX_STORE", default_value = "/nix/store")]
    store_dir: String,
}

#[derive(Args)]
struct BuildOptions {
    #[command(flatten)]
    attrs: AttrsOptions,

    /// The number of threads; 0 for one a core
    #[arg(long, value_name = "NUMBER", env = "NIX_BUILD_CORES", default_value_t = 0)]
    cores: usize,
}

fn main() -> ExitCode {
    // What the user called.
    let (name, result) = match Cli::parse().command {
        Command::Build(options) => ("buildContainer", build(&options)),
        Command::Run(options) => ("oci-bundle", start(options)),
        Command::MapIds { pid, uids, gids } => ("oci-bundle", run::map_of(pid, &uids, &gids)),
        Command::WriteLauncher(options) => ("buildContainer: run", write_launcher(options)),
        Command::WriteClosure(options) => ("buildContainer: closure", write_closure(&options)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", one_line(name, &error));
            ExitCode::FAILURE
        }
    }
}

impl AttrsOptions {
    fn read<A: DeserializeOwned>(&self) -> Result<A> {
        attrs::read(self.attrs.as_deref(), self.build_dir.as_deref())
    }

    fn store_dir(&self) -> Result<StoreDir> {
        StoreDir::new(&self.store_dir).map_err(|reason| anyhow!("NIX_STORE: found '{}', {reason}", self.store_dir))
    }
}

fn write_launcher(options: LauncherOptions) -> Result<()> {
    let LauncherOptions { name, program, runtime, bundle, out } = options;
    Launcher { program, runtime, bundle }.write(&out, &name)
}

/// A line for each store path, sorted.
fn write_closure(options: &AttrsOptions) -> Result<()> {
    let attrs: ClosureAttrs = options.read()?;
    let closure = Closure::decode(&attrs.closure, &options.store_dir()?)?;
    let paths: Vec<_> = closure.directories().map(|path| path.display().to_string() + "\n").collect();
    fs::write(&attrs.outputs.out, paths.concat()).with_context(|| format!("writing '{}'", attrs.outputs.out))
}

/// Decode, plan, check, write.
fn build(options: &BuildOptions) -> Result<()> {
    let start = Instant::now();
    let store_dir = options.attrs.store_dir()?;
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.cores).use_current_thread();
    let _threads = threads.build().context("starting threads")?;

    let attrs: Attrs = options.attrs.read()?;
    let container = Container::decode(&attrs.container, &attrs.host_system)?;
    let closure = Closure::decode(&attrs.closure, &store_dir)?;

    let mounts = config::mounts::of(&container, &closure);
    let mut document = config::document(&container, &attrs.name, &mounts, &closure)?;
    let facts = Facts::of(&container, &document, &mounts)?;
    let (rootfs, mount_points) = rootfs::plan(&container, &closure, &facts)?;
    if container.check_program {
        let view = View::of(&rootfs, &mount_points, &mounts)?;
        program::check(&document, &config::attribute_of_program(&container), &view, &attrs.host_system)?;
    }

    if container.store == Store::Mount {
        config::mount_store(&mut document, &mounts, &rootfs);
    }

    let progress = Progress::default();
    let write = || bundle::write(&attrs.outputs.out, &rootfs, container.store, &document, &progress);
    match container.store {
        Store::Copy => progress.shown(&closure, |line| eprintln!("{line}"), write)?,
        Store::Mount => write()?,
    }
    eprintln!("{}", progress.summary(&closure, container.store, start));
    Ok(())
}

/// The terminal that standard input is.
fn terminal() -> Option<Terminal> {
    let size = rustix::termios::tcgetwinsize(std::io::stdin()).ok()?;
    Some(Terminal { height: size.ws_row, width: size.ws_col })
}

/// Becomes the runtime, or prints what it would be given.
fn start(options: RunOptions) -> Result<()> {
    let is_dry = options.dry_run;
    let run = Run {
        bundle: options.bundle,
        runtime: options.runtime,
        state: options.state,
        wishes: Wishes {
            args: options.args,
            program: options.shell,
            env: options.env,
            volumes: options.mount,
            user: options.user,
            terminal: terminal(),
        },
    };
    let host = Host::here();
    let plan = run.plan(&host)?;
    if !plan.left_out.is_empty() {
        eprintln!("oci-bundle: left out {}", plan.left_out.join("; "));
    }
    if is_dry {
        println!("{}", serde_json::to_string_pretty(&plan.document)?);
        return Ok(());
    }
    match run.start(&plan, &host)? {}
}

/// The error and its causes, outermost first. Every message starts with the name that the user knows.
fn one_line(name: &str, error: &anyhow::Error) -> String {
    let text: String = format!("{error:#}")
        .chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect();
    if text.starts_with(&format!("{name}: ")) { text } else { format!("{name}: {text}") }
}
