//! A test that somebody runs by hand: the same as in a build, and then a shell with its containers.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use camino::Utf8PathBuf;
use oci_bundle::runner::Trust;
use serde_json::json;

use super::{TestAttrs, scripted, trial, trial_spec, try_out};
use crate::say;

/// Where somebody runs it.
pub struct Place {
    /// The directory for temporary files.
    pub temporary: PathBuf,
    /// The kind of the terminal.
    pub terminal: String,
}

/// Runs it on this machine.
pub fn run(attrs: &TestAttrs, place: Place) -> Result<()> {
    let work = make_work(&place.temporary)?;
    let result = run_in(attrs, work.clone().into(), place.terminal);
    // Its mounts went with the test's mount namespace.
    let _ = fs::remove_dir_all(&work);
    result
}

fn run_in(attrs: &TestAttrs, work: PathBuf, terminal: String) -> Result<()> {
    let mut test = attrs.test.clone();
    if !attrs.has_script() {
        let trial_work = work.join("trial");
        fs::create_dir(&trial_work).with_context(|| format!("making the directory '{}'", trial_work.display()))?;
        let outcome = try_out(&trial(attrs, trial_work)?, &trial_spec(attrs)?)?;
        let how = if outcome.problems.is_empty() { "passed" } else { "failed" };
        say(&format!("container.test: {how}; 'container start' starts the container again"));
        // What the container starts with stays.
        test = json!({ "script": "", "args": test.get("args"), "env": test.get("env") });
    }
    let mut supervision = scripted::supervision(attrs, &test, work)?;
    supervision.terminal = Some(terminal);
    let status = scripted::command(&supervision)?.status().context("starting the test")?;
    scripted::ensure_started(&supervision.work)?;
    if !status.success() {
        bail!("failed");
    }
    Ok(())
}

/// Makes the directory. Who could replace it, could have the caller write anywhere.
fn make_work(temporary: &Path) -> Result<Utf8PathBuf> {
    let real = temporary.canonicalize().with_context(|| format!("looking at '{}'", temporary.display()))?;
    let real = Utf8PathBuf::from_path_buf(real).map_err(|real| anyhow!("'{}' is not UTF-8", real.display()))?;
    let work = real.join(format!("oci-bundle-test-{}", std::process::id()));
    let made = fs::DirBuilder::new().mode(0o700).create(&work);
    made.with_context(|| format!("making the directory '{work}'"))?;
    if !Trust::new(&[])?.fixes_all_of(&work) {
        // Only an empty directory is removed.
        let _ = fs::remove_dir(&work);
        bail!("other users can replace what is in '{real}'; set TMPDIR to a directory that only you can write to");
    }
    Ok(work)
}
