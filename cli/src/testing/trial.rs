//! One run of a container, and what came of it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use camino::Utf8PathBuf;
use serde_json::{Value, json};

use super::capture::{Capture, Captured};
use super::expectation::Expectation;
use super::final_files::FinalFiles;
use super::process_tree::{Killed, OWN_PROGRAM, ProcessTree, in_process_tree};
use super::run_command::RunCommand;
use super::spec::TestSpec;
use crate::runner::Bundle;
use crate::runner::exit_code;

/// Files of a trial.
const ERRORS: &str = "errors";
const WARNINGS: &str = "warnings";
const STATE: &str = "state";
const VOLUMES: &str = "volumes";

/// What is run.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The bundle.
    pub bundle: Utf8PathBuf,
    /// The OCI runtime.
    pub runtime: Utf8PathBuf,
    /// An empty directory, for what the run writes down and what the container writes.
    pub work: PathBuf,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code; `None` for what was killed when its time was over.
    pub exit_code: Option<u8>,
    /// What was printed to standard output.
    pub stdout: Captured,
    /// What was printed to standard error.
    pub stderr: Captured,
    /// How long it took.
    pub time: Duration,
    /// What the container could not have here, a line each.
    pub warnings: Vec<String>,
    /// What is not as expected, a few lines each.
    pub problems: Vec<Vec<String>>,
}

impl Trial {
    /// Runs the container, and compares.
    ///
    /// # Errors
    /// What kept it from being run.
    pub fn run(&self, spec: &TestSpec) -> Result<Outcome> {
        let bundle = Bundle::open(&self.bundle)?;
        if !spec.files.is_empty() {
            ensure_files_stay(spec, &bundle)?;
        }
        let start = Instant::now();
        let deadline = start + spec.timeout;
        let mut child = Killed(self.command(spec).spawn().context("starting the container")?);
        let streams = (child.0.stdin.take(), child.0.stdout.take(), child.0.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = streams else { unreachable!("all three are pipes") };
        feed(stdin, spec.stdin.clone());
        let mut capture = Capture::start(stdout, stderr);
        let exit_code = capture.wait(deadline).then(|| child.0.wait().map(exit_code)).transpose();
        let exit_code = exit_code.context("waiting for the container")?;
        let time = start.elapsed();
        // With the first process, all others are gone.
        drop(child);
        let [stdout, stderr] = capture.finish();
        if let Ok(error) = fs::read_to_string(self.work.join(ERRORS)) {
            bail!("{error}");
        }
        let warnings = fs::read_to_string(self.work.join(WARNINGS)).unwrap_or_default();
        let warnings = warnings.lines().map(str::to_owned).collect();
        let mut outcome = Outcome { exit_code, stdout, stderr, time, warnings, problems: Vec::new() };
        outcome.compare(spec);
        if !spec.files.is_empty() {
            let root = bundle.path.join(bundle.config()?.root_path());
            outcome.compare_files(spec, &FinalFiles::new(&self.work.join(STATE), root.into()));
        }
        Ok(outcome)
    }

    /// This program, first as the first process of a pid namespace, then as the verb `run`.
    fn command(&self, spec: &TestSpec) -> Command {
        let mut command = in_process_tree(&self.work.join(ERRORS), ProcessTree::Alone);
        command.arg(OWN_PROGRAM);
        let state = self.work.join(STATE);
        let env: Vec<_> = spec.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        RunCommand {
            runtime: &self.runtime,
            bundle: &self.bundle,
            warnings: &self.work.join(WARNINGS),
            state: (!spec.files.is_empty()).then_some(state.as_path()),
            state_home: &self.work.join(VOLUMES),
            options: &[],
            env: &env,
            args: spec.args.as_deref().unwrap_or_default(),
        }
        .add_to(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// Refuses files that are gone with the container.
fn ensure_files_stay(spec: &TestSpec, bundle: &Bundle) -> Result<()> {
    let config = bundle.config()?;
    ensure!(
        !config.is_root_read_only(),
        "files: the container is 'readonly', so nothing of what it writes can be looked at when it has ended; \
         let it print what it has written, and use stdout"
    );
    for path in spec.files.keys() {
        if let Some(place) = config.mount_above(path.as_path()) {
            bail!(
                "files.{:?}: it is below the mount on {:?}, which is gone when the container has ended; let it \
                 print what it has written, and use stdout",
                path.to_string(),
                place.as_str()
            );
        }
    }
    Ok(())
}

/// Writes the input, and closes it. A program need not read it.
fn feed(mut stdin: ChildStdin, text: String) {
    std::thread::spawn(move || stdin.write_all(text.as_bytes()));
}

impl Outcome {
    fn compare(&mut self, spec: &TestSpec) {
        match (self.exit_code, spec.exit_code) {
            (None, None) => {}
            (None, Some(_)) => self.fail(format!(
                "it has not ended after {} s, and was killed; is it a server? set 'timeout' for what takes longer",
                spec.timeout.as_secs()
            )),
            (Some(found), wanted) if found == wanted.unwrap_or(0) => {}
            (Some(found), wanted) => {
                self.fail(format!("exit code: found {found}, want {}", wanted.unwrap_or(0)));
            }
        }
        let outputs = [("stdout", &self.stdout, &spec.stdout), ("stderr", &self.stderr, &spec.stderr)];
        let problems: Vec<_> = outputs
            .into_iter()
            .filter_map(|(name, captured, expected)| {
                let expected = expected.as_ref()?;
                if captured.is_cut() && matches!(expected, Expectation::Text(_)) {
                    return Some(vec![format!(
                        "{name}: found {} bytes, which is more than is compared; expect {{ match = \"…\"; }}",
                        captured.total
                    )]);
                }
                Some(problem(name, expected.difference(&captured.bytes)?))
            })
            .collect();
        self.problems.extend(problems);
    }

    fn compare_files(&mut self, spec: &TestSpec, files: &FinalFiles) {
        for (path, expected) in &spec.files {
            let name = format!("files.{:?}", path.to_string());
            match (files.read(path), expected) {
                (Err(error), _) => self.fail(format!("{name}: {error:#}")),
                (Ok(None), None) => {}
                (Ok(None), Some(_)) => self.fail(format!("{name}: there is no such file")),
                (Ok(Some(_)), None) => self.fail(format!("{name}: found a file, want none")),
                (Ok(Some(bytes)), Some(expected)) => {
                    self.problems.extend(expected.difference(&bytes).map(|lines| problem(&name, lines)));
                }
            }
        }
    }

    fn fail(&mut self, line: String) {
        self.problems.push(vec![line]);
    }

    /// What came of it, as JSON.
    pub fn document(&self) -> Value {
        json!({
            "exitCode": self.exit_code,
            "milliseconds": u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX),
            "stdoutBytes": self.stdout.total,
            "stderrBytes": self.stderr.total,
        })
    }

    /// What went wrong, with the last lines that the container printed.
    pub fn report(&self) -> Vec<String> {
        let mut lines: Vec<_> = self.problems.concat();
        for (name, captured) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            let printed = captured.last_lines();
            if !printed.is_empty() {
                lines.push(format!("its {name}:"));
                lines.extend(printed.into_iter().map(|line| format!("  {line}")));
            }
        }
        lines
    }
}

fn problem(name: &str, lines: Vec<String>) -> Vec<String> {
    let mut problem = vec![format!("{name}: not as expected (- expected, + found):")];
    problem.extend(lines.into_iter().map(|line| format!("  {line}")));
    problem
}
