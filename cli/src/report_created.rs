//! The verb `report-created`: a hook that tells a test's supervisor of a container, and waits until that has plugged it in.

use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use oci_bundle::testing::script::{Reply, Request, Socket};

/// More than a state takes.
const LONGEST: u64 = 1 << 20;

/// Tell the supervisor of a test that a container is there. A runtime starts this as a hook.
#[derive(Args)]
#[command(hide = true)]
pub struct CreatedOptions {
    /// Where the supervisor listens
    socket: PathBuf,
}

/// Reads the state of the container from standard input (config.md, "POSIX-platform Hooks"), and hands it on.
pub fn report_created(options: CreatedOptions) -> Result<()> {
    let mut state = String::new();
    std::io::stdin().take(LONGEST).read_to_string(&mut state).context("reading the state of a container")?;
    let created = serde_json::from_str(&state).context("reading the state of a container")?;
    match Socket(options.socket).ask(&Request::Created(created))?.0 {
        Reply::Failed(problem) => bail!("{problem}"),
        _ => Ok(()),
    }
}
