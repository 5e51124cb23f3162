//! The verb `logs`: prints what a detached container has printed.

use std::io::Write;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use oci_bundle::containers::{LogReader, State, Stream};
use oci_bundle_builder::plan::diagnostics::text;

use crate::monitor::registry;
use crate::say;

/// How long between two looks at a log.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Args)]
pub struct LogsOptions {
    /// Go on until the container has ended
    #[arg(long, short)]
    follow: bool,

    /// The container
    name: String,
}

/// Prints it: standard output to standard output, and standard error to standard error.
pub fn logs(options: &LogsOptions) -> Result<()> {
    let found = registry()?.find(&options.name)?;
    ensure!(found.record.is_detached, "'{}' has no log: its output goes where it was started", options.name);
    let mut log = LogReader::new(found.directory.try_clone().context("opening the log")?);
    loop {
        // What is written before the end is seen after it.
        let goes_on = options.follow && !matches!(found.record.state, State::Exited(_)) && found.is_alive();
        while let Some(entry) = log.next_entry()? {
            let written = match entry.stream {
                Stream::Stdout => std::io::stdout().write_all(&entry.text),
                Stream::Stderr => std::io::stderr().write_all(&entry.text),
            };
            written.context("writing what it has printed")?;
        }
        std::io::stdout().flush().context("writing what it has printed")?;
        if !goes_on {
            break;
        }
        thread::sleep(PAUSE);
    }
    if log.lost() > 0 {
        let line = format!("{} bytes are missing: they could not be written, as the disk was full", log.lost());
        say(&text::escaped(&format!("oci-bundle: warning: {line}")));
    }
    Ok(())
}
