//! The verb `stop`: sends containers their stop signal, and kills what has not ended in time.

use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::RangedU64ValueParser;
use oci_bundle::containers::{Found, State};
use oci_bundle::runner;

use crate::monitor::registry;

/// The longest time that an end is waited for, in seconds: a day.
const LONGEST: u64 = 24 * 60 * 60;

/// The signal for a container that names no other.
const TERM: i32 = 15;

/// SIGKILL, which ends all at once.
pub const KILL: i32 = 9;

/// How long a container that was killed may take to end.
const MOST_FOR_KILL: Duration = Duration::from_secs(10);

#[derive(Args)]
pub struct StopOptions {
    /// How many seconds each has before it is killed
    #[arg(long, short, value_name = "SECONDS", default_value = "10", value_parser = RangedU64ValueParser::<u64>::new().range(..=LONGEST))]
    time: u64,

    /// The containers
    #[arg(required = true)]
    names: Vec<String>,
}

/// Stops them all at once, and prints the name of each that has ended.
pub fn stop(options: &StopOptions) -> Result<()> {
    let registry = registry()?;
    let all = registry.find_all(&options.names)?;
    let mut failed = Vec::new();
    for found in &all {
        if matches!(found.record.state, State::Exited(_)) {
            continue;
        }
        let number = found.record.stop_signal.as_deref().map_or(Ok(TERM), runner::parse_signal);
        let sent = number.map_err(anyhow::Error::msg).and_then(|number| send(found, number));
        if let Err(error) = sent
            && found.is_alive()
        {
            failed.push(format!("'{}': {error:#}", found.name));
        }
    }
    let deadline = Instant::now() + Duration::from_secs(options.time);
    for found in &all {
        if !matches!(found.record.state, State::Exited(_)) {
            if !found.wait(deadline.saturating_duration_since(Instant::now()))? && !end(found)? {
                failed.push(format!("'{}' has not ended, although it was killed", found.name));
                continue;
            }
            // It was to end, so nobody asks how.
            registry.forget_if_ended(found)?;
        }
        writeln!(std::io::stdout(), "{}", found.name).context("writing to standard output")?;
    }
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("; ")) }
}

/// Kills a container with all that is in it. Gives whether it has ended then.
pub fn end(found: &Found) -> Result<bool> {
    // Processes that are the host's go on without the one above them, and end with the first of them.
    if !found.owns_processes() && send(found, KILL).is_ok() && found.wait(MOST_FOR_KILL)? {
        return Ok(true);
    }
    found.kill().with_context(|| format!("killing '{}'", found.name))?;
    found.wait(MOST_FOR_KILL)
}

/// Sends a signal from a process of its own, which enters the container's namespaces.
pub fn send(found: &Found, number: i32) -> Result<()> {
    let mut command = Command::new("/proc/self/exe");
    command.args(["kill", "--here", &found.record.id, "--signal", &number.to_string(), found.name.as_str()]);
    let output = command.output().context("starting a process that sends a signal")?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    bail!("{}", said.trim().trim_start_matches("oci-bundle: "))
}
