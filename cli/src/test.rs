//! The verb `test`: runs a container where it is built, for `container.test` and `testContainers`.

mod interactive;
mod scripted;

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use oci_bundle::testing::script::NodeSpec;
use oci_bundle::testing::{Outcome, TestSpec, Trial};
use oci_bundle_builder::attrs_options::AttrsOptions;
use oci_bundle_builder::plan::derivation::attrs::Outputs;
use oci_bundle_builder::plan::diagnostics::text;
use serde::Deserialize;
use serde_json::Value;

use self::interactive::Place;
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

    /// Run the test on this machine, with a shell where its script has ended
    #[arg(long)]
    interactive: bool,
}

/// What nix/lib/internal/test-derivation.nix puts into the derivation of a test.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TestAttrs {
    nodes: Vec<NodeSpec>,
    /// Whether the script names its containers.
    is_named: bool,
    runtime: Utf8PathBuf,
    /// bash, for a script.
    shell: Option<Utf8PathBuf>,
    /// Where a script finds programs.
    path: Vec<Utf8PathBuf>,
    /// The arguments of the test; null for `container.tests.starts`.
    test: Value,
    /// Nothing for a test that is run by hand.
    outputs: Option<Outputs>,
}

impl TestAttrs {
    fn has_script(&self) -> bool {
        self.is_named || self.test.get("script").is_some()
    }
}

/// Runs the test. What was printed, and how it ended, is in the new directory of the output.
pub fn test(options: &TestOptions) -> Result<()> {
    let attrs: TestAttrs = options.attrs.read()?;
    if options.interactive {
        let terminal = env::var("TERM").unwrap_or_else(|_| "dumb".to_owned());
        return interactive::run(&attrs, Place { temporary: env::temp_dir(), terminal });
    }
    let Some(top) = &options.attrs.build_dir else {
        bail!("there is no build directory (NIX_BUILD_TOP); Nix starts this, as the builder of container.test");
    };
    let Some(outputs) = &attrs.outputs else { bail!("the derivation has no outputs") };
    let work = make_work(top)?;
    if attrs.has_script() {
        return scripted::run(&attrs, work, &outputs.out);
    }
    let spec = trial_spec(&attrs)?;
    let trial = trial(&attrs, work)?;
    let outcome = try_out(&trial, &spec)?;
    if !outcome.problems.is_empty() {
        bail!("failed; to run it by hand: {}", by_hand(&trial, &spec));
    }
    write(&outcome, &outputs.out)
}

fn make_work(top: &Utf8Path) -> Result<PathBuf> {
    let work = top.join("container-test");
    fs::create_dir(&work).with_context(|| format!("making the directory '{work}'"))?;
    Ok(work.into())
}

fn trial_spec(attrs: &TestAttrs) -> Result<TestSpec> {
    Ok(if attrs.test.is_null() { TestSpec::starts(WATCHED) } else { TestSpec::decode(&attrs.test)? })
}

fn trial(attrs: &TestAttrs, work: PathBuf) -> Result<Trial> {
    let node = attrs.nodes.first().context("no container to test")?;
    Ok(Trial { bundle: node.bundle.clone(), runtime: attrs.runtime.clone(), work })
}

/// Runs the container once, and says what it could not have and what is not as expected.
fn try_out(trial: &Trial, spec: &TestSpec) -> Result<Outcome> {
    let outcome = trial.run(spec)?;
    for warning in &outcome.warnings {
        say(&text::escaped(&format!("container.test: warning: {warning}")));
    }
    if !outcome.problems.is_empty() {
        for line in outcome.report() {
            say(&text::escaped(&line.replace('\t', "    ")));
        }
    }
    Ok(outcome)
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
