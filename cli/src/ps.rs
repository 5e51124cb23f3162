//! The verb `ps`: lists the containers of this user.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::Args;
use oci_bundle::containers::{Found, State};
use oci_bundle_builder::plan::diagnostics::text;
use serde_json::{Value, json};

use crate::monitor::registry;

/// The columns.
const COLUMNS: [&str; 5] = ["NAME", "STATUS", "PORTS", "COMMAND", "BUNDLE"];

/// How much of a command is shown.
const LONGEST_COMMAND: usize = 40;

#[derive(Args)]
pub struct PsOptions {
    /// Print JSON: a list with an object for each container
    #[arg(long)]
    json: bool,
}

/// Lists them.
pub fn ps(options: &PsOptions) -> Result<()> {
    let found = registry()?.list()?;
    let text = if options.json {
        text::escaped_json(&serde_json::to_string_pretty(&found.iter().map(document).collect::<Vec<_>>())?) + "\n"
    } else {
        table(&found.iter().map(row).collect::<Vec<_>>())
    };
    std::io::stdout().write_all(text.as_bytes()).context("writing to standard output")
}

fn document(found: &Found) -> Value {
    let record = &found.record;
    let (state, exit_code) = match record.state {
        State::Starting => ("starting", None),
        State::Running => ("running", None),
        State::Exited(code) => ("exited", Some(code)),
    };
    let started = UNIX_EPOCH.checked_add(Duration::from_secs(record.started)).unwrap_or(UNIX_EPOCH);
    json!({
        "name": found.name.as_str(),
        "state": state,
        "exitCode": exit_code,
        "health": record.health,
        "started": humantime::format_rfc3339_seconds(started).to_string(),
        "detached": record.is_detached,
        "pid": record.monitor,
        "id": record.id,
        "ports": record.ports,
        "command": record.command,
        "bundle": record.bundle,
        "runtime": record.runtime,
    })
}

fn row(found: &Found) -> [String; 5] {
    let record = &found.record;
    let status = match (record.state, &record.health) {
        (State::Starting, _) => "starting".to_owned(),
        (State::Exited(code), _) => format!("exited ({code})"),
        (State::Running, None) => format!("up {}", age(record.started)),
        (State::Running, Some(health)) => format!("up {} ({health})", age(record.started)),
    };
    let command = record.command.join(" ");
    let shown: String = command.chars().take(LONGEST_COMMAND).collect();
    let command = if shown.len() < command.len() { shown + "…" } else { shown };
    [found.name.to_string(), status, record.ports.join(", "), command, record.bundle.to_string()]
}

/// How long ago something was, as its largest unit has it.
fn age(since: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let seconds = now.saturating_sub(since);
    let units = [(24 * 60 * 60, "d"), (60 * 60, "h"), (60, "min"), (1, "s")];
    let unit = units.iter().find(|(length, _)| seconds >= *length);
    unit.map_or_else(|| "0 s".to_owned(), |(length, name)| format!("{} {name}", seconds / length))
}

/// Lines in which each column has the width of its longest text.
fn table(rows: &[[String; 5]]) -> String {
    let rows: Vec<_> = std::iter::once(COLUMNS.map(str::to_owned))
        .chain(rows.iter().map(|row| row.clone().map(|cell| text::escaped(&cell))))
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<_> = (0..COLUMNS.len()).map(width).collect();
    let line = |row: &[String; 5]| {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}
