//! The builder: where the environment is read, the one thread pool made, and errors become exit codes.

mod command_line;
mod write_nix_database;

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use oci_bundle_builder::bundle;
use oci_bundle_builder::bundle::progress::Progress;
use oci_bundle_builder::plan::definition::{Definition, Store};
use oci_bundle_builder::plan::derivation::attrs::Attrs;
use oci_bundle_builder::plan::derivation::closure::Closure;
use oci_bundle_builder::plan::diagnostics::text;
use oci_bundle_builder::plan::{ContainerPlan, unseen};

use crate::command_line::{BuildOptions, Command, CommandLine};

/// What the user called.
const NAME: &str = "buildContainer";

fn main() -> ExitCode {
    let result = match CommandLine::parse().command {
        Command::Build(options) => build(&options),
        Command::WriteNixDatabase(options) => write_nix_database::write_nix_database(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&text::one_line(NAME, &error));
            ExitCode::FAILURE
        }
    }
}

/// Decode, plan, check, write.
fn build(options: &BuildOptions) -> Result<()> {
    let start = Instant::now();
    let store_dir = options.attrs.store_dir()?;
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.cores).use_current_thread();
    let _threads = threads.build().context("starting threads")?;

    let attrs: Attrs = options.attrs.read()?;
    let definition = Definition::decode(&attrs.container, &attrs.host_system)?;
    let closure = Closure::decode(&attrs.closure, &store_dir)?;

    let plan = ContainerPlan::new(&attrs.name, &definition, &closure)?;
    for line in [unseen::owners(&definition), unseen::rights(&definition, &plan.config)].into_iter().flatten() {
        say(&text::escaped(&format!("{NAME}: warning: {line}")));
    }

    let progress = Progress::default();
    let write = || bundle::write(&plan, &attrs.outputs.out, &progress);
    match plan.store {
        Store::Copy => progress.shown(&closure, say, write)?,
        Store::Mount => write()?,
    }
    say(&progress.summary(&closure, plan.store, start));
    Ok(())
}

/// Says a line, if anybody can be told.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
