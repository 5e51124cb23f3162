//! Whether a runtime can filter system calls: one that was built without libseccomp ignores the filter, or does not start.

use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::runner::runtime::Runtime;
use crate::runner::runtime_config::RuntimeConfig;

/// A runtime that was asked what it can do, while this process goes on.
pub struct SeccompProbe {
    child: Child,
    is_crun: bool,
}

impl SeccompProbe {
    /// Asks the runtime, if the document has a filter. One that cannot be asked is taken to have what it needs.
    pub fn start(config: &RuntimeConfig, runtime: &Runtime) -> Option<Self> {
        config["linux"].get("seccomp")?;
        let is_crun = runtime.is_crun();
        // crun before 1.9 has no `features` (runtime-spec, features.md), but a line of what it was built with.
        let question = if is_crun { "--version" } else { "features" };
        let mut command = Command::new(runtime.program());
        command.arg(question).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().ok().map(|child| Self { child, is_crun })
    }

    /// Takes the filter out of the document if the runtime has none. Tells that.
    pub fn finish(self, config: &mut RuntimeConfig) -> Option<String> {
        let output = self.child.wait_with_output().ok()?;
        let answer = String::from_utf8(output.stdout).ok()?;
        let lacks = if self.is_crun { lacks_by_version(&answer) } else { lacks_by_features(&answer) };
        if !lacks {
            return None;
        }
        config["linux"].as_object_mut()?.remove("seccomp");
        Some(
            "seccomp filter dropped: the runtime was built without seccomp, so every system call is allowed".to_owned(),
        )
    }
}

/// Whether what `crun --version` prints lists what it was built with, and that is not there.
fn lacks_by_version(text: &str) -> bool {
    let features = text.lines().find(|line| line.starts_with('+'));
    features.is_some_and(|features| !features.split(' ').any(|feature| feature == "+SECCOMP"))
}

/// Whether the features of a runtime say that it has none (features-linux.md, "Seccomp").
fn lacks_by_features(text: &str) -> bool {
    let features: Value = serde_json::from_str(text).unwrap_or_default();
    features["linux"].get("seccomp").is_some_and(|seccomp| seccomp.is_null() || seccomp["enabled"] == false)
}

#[cfg(test)]
mod tests;
