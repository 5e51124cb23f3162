//! `first-line COMMAND…` starts a command and ends when that has printed its first byte, so that who measures this program measures
//! how long the command took to it. The command goes on.

use std::io::Read;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

fn main() -> Result<()> {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let (program, arguments) = words.split_first().context("want a command")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("starting '{}'", program.to_string_lossy()))?;
    let mut first = [0];
    let count =
        child.stdout.take().context("no standard output")?.read(&mut first).context("reading the first line")?;
    ensure!(count == 1, "'{}' has printed nothing", program.to_string_lossy());
    Ok(())
}
