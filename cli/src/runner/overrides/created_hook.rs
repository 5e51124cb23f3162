//! A program of ours that the runtime starts when it has made a container, and waits for (config.md, "POSIX-platform Hooks").

use anyhow::{Context, Result};
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
        if config["hooks"].is_null() {
            config["hooks"] = json!({});
        }
        let hooks = config["hooks"].as_object_mut().context("config.json: 'hooks' is not an object")?;
        let all = hooks.entry("createRuntime").or_insert(json!([]));
        let all = all.as_array_mut().context("config.json: 'hooks.createRuntime' is not a list")?;
        let args: Vec<_> = std::iter::once("oci-bundle").chain(self.args.iter().map(String::as_str)).collect();
        all.insert(0, json!({ "path": self.program, "args": args }));
        Ok(())
    }
}
