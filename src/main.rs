//! The command line: where the environment is read, the one thread pool made, and errors become exit codes.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand};
use oci_bundle::bundle::progress::Progress;
use oci_bundle::container::{Container, Store};
use oci_bundle::nix::attrs::Attrs;
use oci_bundle::nix::closure::Closure;
use oci_bundle::nix::store::StoreDir;
use oci_bundle::rootfs::Facts;
use oci_bundle::rootfs::view::View;
use oci_bundle::{bundle, config, program, rootfs};

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
}

/// Everything comes from the environment that Nix gives a builder.
#[derive(Args)]
struct BuildOptions {
    /// The derivation's structured attributes
    #[arg(long, value_name = "FILE", env = "NIX_ATTRS_JSON_FILE")]
    attrs: Option<Utf8PathBuf>,

    /// The build directory, whose .attrs.json is read if the file above is not there
    #[arg(long, value_name = "DIRECTORY", env = "NIX_BUILD_TOP")]
    build_dir: Option<Utf8PathBuf>,

    /// The store directory
    #[arg(long, value_name = "DIRECTORY", env = "NIX_STORE", default_value = "/nix/store")]
    store_dir: String,

    /// The number of threads; 0 for one a core
    #[arg(long, value_name = "NUMBER", env = "NIX_BUILD_CORES", default_value_t = 0)]
    cores: usize,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Build(options) => build(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", one_line(&error));
            ExitCode::FAILURE
        }
    }
}

/// Decode, plan, check, write.
fn build(options: &BuildOptions) -> Result<()> {
    let start = Instant::now();
    let store_dir = StoreDir::new(&options.store_dir)
        .map_err(|reason| anyhow!("NIX_STORE: found '{}', {reason}", options.store_dir))?;
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.cores).use_current_thread();
    let _threads = threads.build().context("starting threads")?;

    let attrs = Attrs::read(options.attrs.as_deref(), options.build_dir.as_deref())?;
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

/// The error and its causes, outermost first. Every message starts with the name that the user knows.
fn one_line(error: &anyhow::Error) -> String {
    let text: String = format!("{error:#}")
        .chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect();
    if text.starts_with("buildContainer: ") { text } else { format!("buildContainer: {text}") }
}
