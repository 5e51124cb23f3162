//! The verb `supervise-test`: what `test` starts in the namespaces of a test with a script.

use std::fs;

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use clap::Args;
use oci_bundle::testing::script::{Supervision, supervise};

/// Run the script of a test. `test` starts this.
#[derive(Args)]
#[command(hide = true)]
pub struct SuperviseOptions {
    /// The file that says what is supervised
    supervision: Utf8PathBuf,
}

/// Runs the script. What went wrong has been said when this ends with 1.
pub fn supervise_test(options: &SuperviseOptions) -> Result<()> {
    let file = &options.supervision;
    let text = fs::read_to_string(file).with_context(|| format!("reading '{file}'"))?;
    let supervision: Supervision = serde_json::from_str(&text).with_context(|| format!("reading '{file}'"))?;
    let has_passed = supervise(supervision)?;
    std::process::exit(i32::from(!has_passed))
}
