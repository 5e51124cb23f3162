//! A test with a script: its supervisor in namespaces of its own, and what became of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use camino::Utf8Path;
use oci_bundle::testing::script::{ScriptSpec, Supervision};
use oci_bundle::testing::{Killed, ProcessTree, in_process_tree};
use serde_json::Value;

use super::TestAttrs;

/// How much longer than its script a supervisor may take.
const GRACE: Duration = Duration::from_secs(20);

/// Between two looks at a supervisor.
const PAUSE: Duration = Duration::from_millis(2);

/// Runs the test as a build.
pub fn run(attrs: &TestAttrs, work: PathBuf, out: &Utf8Path) -> Result<()> {
    let supervision = supervision(attrs, &attrs.test, work)?;
    let limit = supervision.spec.timeout + GRACE;
    let mut command = command(&supervision)?;
    let mut child = Killed(command.stdin(Stdio::null()).spawn().context("starting the test")?);
    let Some(has_passed) = wait(&mut child.0, limit)? else {
        bail!("the test has not ended {} s after its time, and was killed", GRACE.as_secs());
    };
    ensure_started(&supervision.work)?;
    if !has_passed {
        bail!(
            "failed; to run it by hand, with a shell where it ended, run its attribute 'interactive', such as: \
             nix run .#checks.x86_64-linux.NAME.interactive"
        );
    }
    fs::create_dir(out).with_context(|| format!("making the directory '{out}'"))?;
    let result = out.join("result.json");
    fs::copy(supervision.result(), &result).with_context(|| format!("writing '{result}'"))?;
    Ok(())
}

/// What the supervisor is told.
pub fn supervision(attrs: &TestAttrs, test: &Value, work: PathBuf) -> Result<Supervision> {
    let spec = ScriptSpec::decode(test)?;
    let program = std::env::current_exe().context("looking for this program")?;
    Ok(Supervision {
        nodes: attrs.nodes.clone(),
        is_named: attrs.is_named,
        spec,
        runtime: attrs.runtime.clone(),
        shell: attrs.shell.clone().context("no bash for the script")?,
        path: attrs.path.clone(),
        program,
        work,
        terminal: None,
    })
}

/// The command that starts the supervisor.
pub fn command(supervision: &Supervision) -> Result<Command> {
    let file = supervision.work.join("supervision.json");
    let text = serde_json::to_string(supervision)?;
    fs::write(&file, text).with_context(|| format!("writing '{}'", file.display()))?;
    let mut command = in_process_tree(&errors(&supervision.work), ProcessTree::WithNetwork);
    command.arg(&supervision.program).arg("supervise-test").arg(&file);
    Ok(command)
}

/// What kept the supervisor from being started.
pub fn ensure_started(work: &Path) -> Result<()> {
    match fs::read_to_string(errors(work)) {
        Ok(error) => bail!("{error}"),
        Err(_) => Ok(()),
    }
}

fn errors(work: &Path) -> PathBuf {
    work.join("errors")
}

/// Whether a process has ended well; nothing if it has not ended in time.
fn wait(child: &mut Child, limit: Duration) -> Result<Option<bool>> {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().context("waiting for the test")? {
            return Ok(Some(status.success()));
        }
        thread::sleep(PAUSE);
    }
    Ok(None)
}
