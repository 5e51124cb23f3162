//! `oci-bundle run`: starts a bundle of the store, for any user, and leaves nothing behind.
//!
//! A bundle in the store is read-only, and a runtime wants to write beside it. So this process gets a mount namespace of
//! its own, in which a tmpfs lies over the bundle: it has the adapted config.json, the runtime's state, and the root file
//! system, which is the bundle's own or an overlay on it. Then this process becomes the runtime, so that signals, the
//! terminal and the exit code are the runtime's. What was mounted goes away with the last process of the namespace.

mod adapt;
mod launcher;
mod runtime;
mod stage;
mod wishes;

use std::convert::Infallible;
use std::fs;
use std::os::unix::process::CommandExt;

use anyhow::{Context, Result, bail};
use camino::Utf8PathBuf;
use rustix::process::geteuid;
use serde_json::Value;

pub use self::launcher::Launcher;
pub use self::runtime::Runtime;
pub use self::wishes::{Terminal, Variable, Volume, Wishes};

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Run {
    /// The bundle: a directory with `config.json` and `rootfs`.
    pub bundle: Utf8PathBuf,
    /// The runtime that was asked for.
    pub runtime: Option<Utf8PathBuf>,
    /// Where a writable root keeps what is written; in memory, for as long as the container runs, if there is none.
    pub state: Option<Utf8PathBuf>,
    /// What is changed in config.json.
    pub wishes: Wishes,
}

impl Run {
    /// The config.json that the container gets, and what was left out, a line each.
    ///
    /// # Errors
    /// A bundle that is none, or wishes that it cannot fulfil.
    pub fn document(&self) -> Result<(Value, Vec<String>)> {
        let file = self.bundle.join("config.json");
        let text = fs::read_to_string(&file)
            .with_context(|| format!("reading '{file}'; want a bundle, such as ./result of a nix build"))?;
        let document: Value = serde_json::from_str(&text).with_context(|| format!("'{file}' is not JSON"))?;
        adapt::adapt(document, &self.wishes, geteuid().is_root())
    }

    /// Becomes the runtime with this config.json, so this returns only if that fails.
    ///
    /// # Errors
    /// What could not be prepared or started.
    pub fn start(&self, document: &Value) -> Result<Infallible> {
        let bundle = self.bundle.canonicalize_utf8().with_context(|| format!("looking for '{}'", self.bundle))?;
        let runtime = Runtime::find(self.runtime.as_deref())?;
        if !geteuid().is_root() && !runtime.runs_without_root_in(document) {
            bail!(
                "runc runs no container without a user and group 0, and an ordinary user has one of each to give, which \
                 are {} and {} here; use crun, or --user 0",
                document["process"]["user"]["uid"],
                document["process"]["user"]["gid"]
            );
        }
        let is_writable = document["root"]["readonly"] != true;
        let stage = stage::Stage { bundle: &bundle, is_writable, state: self.state.as_deref() };
        stage.set(document)?;
        let id = format!("oci-bundle-{}", std::process::id());
        let error = runtime.command(&bundle, &id).exec();
        bail!("starting the runtime '{}': {error}", runtime.program())
    }
}
