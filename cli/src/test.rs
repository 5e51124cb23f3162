//! The verb `test`: runs a container where it is built, for `container.test`.

use std::fs;
use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use oci_bundle::testing::{Outcome, TestSpec, Trial};
use oci_bundle_builder::attrs_options::AttrsOptions;
use oci_bundle_builder::plan::derivation::attrs::Outputs;
use oci_bundle_builder::plan::diagnostics::text;
use serde::Deserialize;
use serde_json::Value;

use crate::say;
use crate::write_wrapper::quoted;

/// How long a container that only has to start is watched.
const WATCHED: Duration = Duration::from_secs(1);

/// Test a container. Nix calls this for `container.test`.
#[derive(Args)]
#[command(hide = true)]
pub struct TestOptions {
    #[command(flatten)]
    attrs: AttrsOptions,
}

/// What nix/lib/outputs/test.nix puts into the derivation of a test.
#[derive(Deserialize)]
struct TestAttrs {
    bundle: Utf8PathBuf,
    runtime: Utf8PathBuf,
    /// The arguments of `container.test`; null for `container.tests.starts`.
    test: Value,
    outputs: Outputs,
}

/// Runs the test. What was printed, and how it ended, is in the new directory of the output.
pub fn test(options: &TestOptions) -> Result<()> {
    let attrs: TestAttrs = options.attrs.read()?;
    let spec = if attrs.test.is_null() { TestSpec::starts(WATCHED) } else { TestSpec::decode(&attrs.test)? };
    let Some(top) = &options.attrs.build_dir else {
        bail!("there is no build directory (NIX_BUILD_TOP); Nix starts this, as the builder of container.test");
    };
    let work = top.join("container-test");
    fs::create_dir(&work).with_context(|| format!("making the directory '{work}'"))?;
    let trial = Trial { bundle: attrs.bundle, runtime: attrs.runtime, work: work.into() };
    let outcome = trial.run(&spec)?;
    for warning in &outcome.warnings {
        say(&text::escaped(&format!("container.test: warning: {warning}")));
    }
    if !outcome.problems.is_empty() {
        for line in outcome.report() {
            say(&text::escaped(&line));
        }
        bail!("failed; to run it by hand: {}", by_hand(&trial, &spec));
    }
    write(&outcome, &attrs.outputs.out)
}

fn write(outcome: &Outcome, out: &Utf8Path) -> Result<()> {
    fs::create_dir(out).with_context(|| format!("making the directory '{out}'"))?;
    let result = serde_json::to_string_pretty(&outcome.document())? + "\n";
    for (name, bytes) in
        [("stdout", &outcome.stdout.bytes[..]), ("stderr", &outcome.stderr.bytes), ("result.json", result.as_bytes())]
    {
        let file = out.join(name);
        let mut new = fs::File::create_new(&file).with_context(|| format!("making '{file}'"))?;
        new.write_all(bytes).with_context(|| format!("writing '{file}'"))?;
    }
    Ok(())
}

/// The command that runs the same outside of a build.
fn by_hand(trial: &Trial, spec: &TestSpec) -> String {
    let mut words = vec!["oci-bundle".to_owned(), "run".to_owned()];
    words.extend(spec.env.iter().map(|(name, value)| format!("--env {}", quoted(&format!("{name}={value}")))));
    words.push(trial.bundle.to_string());
    if let Some(args) = &spec.args {
        words.push("--".to_owned());
        words.extend(args.iter().map(|argument| quoted(argument)));
    }
    words.join(" ")
}
