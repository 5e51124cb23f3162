//! The command line.

use std::ffi::OsString;
use std::path::Path;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use oci_bundle::testing::script;

use crate::control_container::{self, ScriptedOptions};
use crate::control_network::NetworkOptions;
use crate::exec::ExecOptions;
use crate::hold_pasta::PastaArguments;
use crate::hold_process_tree::ProcessTreeOptions;
use crate::image::ImageOptions;
use crate::kill::KillOptions;
use crate::logs::LogsOptions;
use crate::mount_store::StoreOptions;
use crate::ps::PsOptions;
use crate::remove::RemoveOptions;
use crate::report_created::CreatedOptions;
use crate::run::{ContainerOptions, RunOptions};
use crate::stop::StopOptions;
use crate::supervise_test::SuperviseOptions;
use crate::test::TestOptions;
use crate::volume::VolumeOptions;
use crate::write_closure::ClosureOptions;
use crate::write_test_wrapper::TestWrapperOptions;
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
    Run(Box<RunOptions>),
    /// List your containers that run.
    Ps(PsOptions),
    /// Run a command in a container, and exit with its exit code.
    Exec(ExecOptions),
    /// Print what a detached container has printed.
    Logs(LogsOptions),
    /// Stop containers: send their stop signal, and kill what has not ended in time.
    Stop(StopOptions),
    /// Send containers a signal.
    Kill(KillOptions),
    /// Forget detached containers that have ended, with their logs.
    #[command(visible_alias = "rm")]
    Remove(RemoveOptions),
    /// List and remove volumes, which runs keep.
    Volume(VolumeOptions),
    /// Stream, serve, copy or look at an image: all that oci-bundle-image does.
    Image(ImageOptions),
    /// Hold a user namespace while `run` maps its ids.
    #[command(hide = true)]
    HoldUserNamespace,
    /// Hold the namespaces of a network while `run` keeps them.
    #[command(hide = true)]
    HoldNetwork,
    HoldPasta(PastaArguments),
    /// Write the wrapper that runs one bundle. Nix calls this for `container.run`.
    #[command(hide = true)]
    WriteWrapper(WrapperOptions),
    WriteTestWrapper(TestWrapperOptions),
    WriteClosure(ClosureOptions),
    Test(TestOptions),
    MountStore(StoreOptions),
    HoldProcessTree(ProcessTreeOptions),
    SuperviseTest(SuperviseOptions),
    ReportCreated(CreatedOptions),
    #[command(skip)]
    Container(ScriptedOptions),
    #[command(skip)]
    Network(NetworkOptions),
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

/// The name by which this program was called: one of the programs of a test's script, or its own.
pub fn called(words: &[OsString]) -> &'static str {
    let name = words.first().and_then(|program| Path::new(program).file_name()).unwrap_or_default();
    [script::CONTAINER, script::NETWORK].into_iter().find(|known| name == *known).unwrap_or("oci-bundle")
}

/// Reads the command line. The scripts of tests call this program by other names; `is_named` says whether they name their
/// containers. What comes from the script of a container has its name and its bundle in front, and help and
/// messages for who calls that.
pub fn parse(words: Vec<OsString>, is_named: bool) -> Result<Command, clap::Error> {
    match called(&words) {
        script::CONTAINER => return Ok(Command::Container(control_container::parse(words, is_named)?)),
        script::NETWORK => return Ok(Command::Network(NetworkOptions::try_parse_from(words)?)),
        _ => {}
    }
    let [_, verb, name, bundle, given @ ..] = words.as_slice() else {
        return Ok(CommandLine::try_parse_from(words)?.command);
    };
    let (true, Some(name), Some(bundle)) = (verb == WRAPPED, name.to_str(), bundle.to_str()) else {
        return Ok(CommandLine::try_parse_from(words)?.command);
    };
    let command = Wrapped::command().bin_name(name).display_name(name).version(env!("CARGO_PKG_VERSION"));
    let matches = command.try_get_matches_from([&OsString::from(name)].into_iter().chain(given))?;
    let Wrapped { options, args } = Wrapped::from_arg_matches(&matches)?;
    Ok(Command::Run(Box::new(RunOptions { options, bundle: bundle.into(), args })))
}
