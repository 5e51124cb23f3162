//! `oci-bundle run`: starts a bundle of the store, for any user, and leaves nothing behind.
//!
//! A bundle in the store is read-only, and a runtime wants to write beside it. So this process gets a mount namespace of
//! its own, in which a tmpfs lies over the bundle: it has the adapted config.json, the runtime's state, and the root file
//! system, which is the bundle's own or an overlay on it. Then this process becomes the runtime, so that signals, the
//! terminal and the exit code are the runtime's. What was mounted goes away with the last process of the namespace.

mod adapt;
mod control_group;
mod host;
mod ids;
mod launcher;
mod limits;
mod rights;
mod runtime;
mod skeleton;
mod stage;
mod state;
mod users;
mod wishes;

use std::convert::Infallible;
use std::fs;
use std::os::unix::process::CommandExt;

use anyhow::{Context, Result, bail};
use camino::Utf8PathBuf;
use serde_json::Value;

pub use self::host::Host;
pub use self::ids::map_of;
pub use self::launcher::Launcher;
pub use self::rights::Plan;
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
    /// What the container gets on this machine.
    ///
    /// # Errors
    /// A bundle that is none, or wishes that it cannot fulfil.
    pub fn plan(&self, host: &Host) -> Result<Plan> {
        let file = self.bundle.join("config.json");
        let text = fs::read_to_string(&file)
            .with_context(|| format!("reading '{file}'; want a bundle, such as ./result of a nix build"))?;
        let document: Value = serde_json::from_str(&text).with_context(|| format!("'{file}' is not JSON"))?;
        Plan::of(adapt::adapt(document, &self.wishes)?, host).with_context(|| format!("'{file}'"))
    }

    /// Becomes the runtime, so this returns only if that fails.
    ///
    /// # Errors
    /// What could not be prepared or started.
    pub fn start(&self, plan: &Plan, host: &Host) -> Result<Infallible> {
        let document = &plan.document;
        let bundle = self.bundle.canonicalize_utf8().with_context(|| format!("looking for '{}'", self.bundle))?;
        let runtime = Runtime::find(self.runtime.as_deref())?;
        if !host.is_root && !runtime.runs_without_root_in(document) {
            bail!(
                "runc runs no container without a user and group 0, and an ordinary user has one of each to give, which \
                 are {} and {} here; use crun, or --user 0, or have root grant ids in /etc/subuid and /etc/subgid",
                document["process"]["user"]["uid"],
                document["process"]["user"]["gid"]
            );
        }
        let is_writable = document["root"]["readonly"] != true;
        if self.state.is_some() && !is_writable {
            bail!("--state: the container is 'readonly', so that it writes nothing that could be kept");
        }
        let root = bundle.join(plan.root.as_str());
        if !root.is_dir() {
            bail!("the root file system '{root}' is not a directory");
        }
        let _lock = self.state.as_ref().map(|state| state::take(state, &bundle, host.is_root)).transpose()?;
        if let Some(group) = &host.control_group {
            group.hand_on(&plan.controllers)?;
        }
        let ids = plan.subordinate.as_ref();
        stage::Stage {
            is_root: host.is_root,
            root: &root,
            bundle: &bundle,
            is_writable,
            state: self.state.as_deref(),
            ids,
        }
        .set(document)?;
        let error = runtime.command(&bundle, &host.id).exec();
        bail!("starting the runtime '{}': {error}", runtime.program())
    }
}
