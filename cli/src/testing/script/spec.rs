//! What a test with a script runs.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8PathBuf;
use oci_bundle_builder::plan::diagnostics::{ArgumentError, Field};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::testing::spec::{decode_env, decode_timeout};

/// The attributes of a test with a script. Nix has made a search path of `packages`.
const ATTRIBUTES: [&str; 4] = ["script", "args", "env", "timeout"];

/// What compares one run. A script does that itself.
const OF_ONE_RUN: [&str; 5] = ["stdin", "exitCode", "stdout", "stderr", "files"];

/// The arguments of a test with a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptSpec {
    /// What bash runs.
    pub script: String,
    /// Arguments in the place of a container's, unless `start` is given others.
    pub args: Vec<String>,
    /// Variables over those of a container.
    pub env: BTreeMap<String, String>,
    /// When a script that has not ended is killed.
    pub timeout: Duration,
}

/// A container of the test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeSpec {
    /// What the script and the other containers call it.
    pub name: String,
    /// Its bundle.
    pub bundle: Utf8PathBuf,
}

impl ScriptSpec {
    /// Decodes the arguments.
    ///
    /// # Errors
    /// The first [`ArgumentError`].
    pub fn decode(arguments: &Value) -> Result<Self, ArgumentError> {
        let root = Field::root(arguments);
        for name in OF_ONE_RUN {
            if let Some(field) = root.get(name)? {
                let problem = "is for a test without a script; with one, compare in the script, such as: \
                               container exec cat /file | diff - expected";
                return Err(ArgumentError::new(field.path(), problem));
            }
        }
        root.only(&ATTRIBUTES, "attribute of a test with a script")?;
        let Some(script) = root.get("script")? else {
            return Err(ArgumentError::new(&root.path().attribute("script"), "missing; want a script of bash"));
        };
        Ok(Self {
            script: script.string()?.to_owned(),
            args: root.get("args")?.map_or(Ok(Vec::new()), |args| args.strings())?,
            env: decode_env(&root)?,
            timeout: decode_timeout(&root)?,
        })
    }
}

#[cfg(test)]
mod tests;
