//! `run --detach`: starts a process that stays with the container, and returns when the container runs.

use std::env;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use oci_bundle::runner;

use crate::write_wrapper::WRAPPED;

/// Starts it with the words of this process, and prints the container's name.
pub fn start() -> Result<()> {
    let mut words: Vec<_> = env::args_os().collect();
    // Behind the verb; that of a wrapper has a name and a bundle behind it.
    let verb = if words.get(1).is_some_and(|verb| verb == WRAPPED) { 4 } else { 2 };
    words.insert(verb, OsString::from("--monitor"));
    let mut command = Command::new("/proc/self/exe");
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut monitor = command.spawn().context("starting the process that stays with the container")?;
    let mut name = String::new();
    let told = monitor.stdout.take().context("no standard output")?.read_to_string(&mut name);
    told.context("waiting for the container")?;
    if name.is_empty() {
        // It has said why.
        let status = monitor.wait().context("waiting for the container")?;
        std::process::exit(runner::exit_code(status).into());
    }
    std::io::stdout().write_all(name.as_bytes()).context("writing to standard output")
}
