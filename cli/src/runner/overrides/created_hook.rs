//! A program of ours that the runtime starts when it has made a container, and waits for (config.md, "POSIX-platform Hooks").

use anyhow::Result;
use camino::Utf8PathBuf;
use serde_json::json;

use crate::runner::runtime_config::RuntimeConfig;

/// A hook that tells a socket the state of the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedHook {
    /// Where this program is.
    pub program: Utf8PathBuf,
    /// The verb, and what it is given.
    pub args: Vec<String>,
}

impl CreatedHook {
    /// Adds it before those that the bundle has, which see what it does.
    ///
    /// # Errors
    /// Hooks that are none.
    pub fn add_to(&self, config: &mut RuntimeConfig) -> Result<()> {
        let args: Vec<_> = std::iter::once("oci-bundle").chain(self.args.iter().map(String::as_str)).collect();
        config.add_first_hook("createRuntime", json!({ "path": self.program, "args": args }))
    }
}
