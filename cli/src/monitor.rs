//! The process that stays with a container: it notes it in the user's registry, keeps its log, and cleans up.

mod health_watch;
mod noted;

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use oci_bundle::containers::{self, Name, Record, Registry, Starting, State, Taken};
use oci_bundle::runner::{self, Bundle, GracePeriod, Host, Planned, Run, Signals, Streams};
use oci_bundle_builder::plan::definition::port::Port;
use oci_bundle_builder::plan::diagnostics::text;
use rustix::process::{PidfdFlags, pidfd_open};
use serde_json::Value;

use self::health_watch::{Checked, HealthWatch};
use self::noted::Noted;
use crate::say;

/// How many bytes of a command are noted. A byte may be six in a record, which has a limit.
const MOST_OF_COMMAND: usize = 64 << 10;

/// How a container is attended.
pub struct Attendance {
    /// What it is called.
    pub name: Option<Name>,
    /// Whether nobody waits for it.
    pub is_detached: bool,
}

/// A container to run.
pub struct Monitor {
    /// How.
    pub run: Run,
    /// The bundle.
    pub bundle: Bundle,
    /// What it gets.
    pub planned: Planned,
    /// Where.
    pub host: Host,
}

/// The registry of this user.
pub fn registry() -> Result<Registry> {
    let runtime_dir = env::var("XDG_RUNTIME_DIR").ok().filter(|directory| !directory.is_empty()).map(Utf8PathBuf::from);
    Registry::open(&containers::place(runtime_dir.as_deref()))
}

impl Monitor {
    /// Runs it to its end. Gives its exit code.
    pub fn attend(&self, registry: Result<Registry>, attendance: Attendance) -> Result<u8> {
        let Attendance { name, is_detached } = attendance;
        if is_detached {
            rustix::process::setsid().context("leaving the terminal (setsid(2))")?;
        }
        let grace_period = self.begin_grace_period();
        // A container that nobody has named and somebody waits for runs without a record if it has to.
        let is_named = name.is_some();
        let taken = match self.take(registry, name) {
            Ok(taken) => Some(taken),
            Err(error) if is_named => return Err(error).context("--name"),
            Err(error) if is_detached => return Err(error),
            Err(error) => {
                say_unlisted(&error);
                None
            }
        };
        let mut prepared = self.run.prepare(&self.bundle, &self.planned, &self.host)?;
        let record = self.record(is_detached, &prepared.runtime);
        let mut noted =
            Noted { record, taken, starting: None, log: None, health: None, grace_period, mount_points: None };
        let signals = Signals::take()?;
        let streams = if is_detached {
            noted.keep_log()?
        } else {
            Streams::inherited(rustix::termios::isatty(std::io::stdin()))?
        };
        let mut helpers = std::mem::take(&mut prepared.helpers);
        noted.mount_points = prepared.mount_points.take();
        let owns_processes = prepared.owns_processes;
        let runtime = prepared.spawn(streams)?;
        let process = runtime.process.as_raw_nonzero().get().unsigned_abs();
        noted.record.process = Some(process);
        let watch = |health| {
            // Nobody has waited for it, so the number is its own.
            let runtime = pidfd_open(runtime.process, PidfdFlags::empty()).context("opening the runtime's process")?;
            let checked = Checked { container: noted.record.in_runtime(), runtime, owns_processes };
            anyhow::Ok(HealthWatch::new(health, checked))
        };
        noted.health = runner::run_settings(&self.planned.plan.config)?.health.map(watch).transpose()?;
        match noted.write() {
            Err(error) if is_named || is_detached => return Err(error),
            Err(error) => {
                say_unlisted(&error);
                noted.taken.take().map_or(Ok(()), Taken::remove)?;
            }
            Ok(()) => {}
        }
        noted.starting = Some(Starting::new(process, self.bundle.path.join("pid"), self.host.id.clone()));
        let ended = runner::attend(&signals, &runtime, &mut helpers, &mut noted);
        let code = ended.map(runner::exit_code);
        // The exit code is the container's, whatever becomes of what is known of it.
        if let Err(error) = noted.end(&code) {
            say(&text::one_line("oci-bundle: warning", &error));
        }
        code
    }

    /// Begins a wait of the kernel's, if the runtime will get to it.
    fn begin_grace_period(&self) -> Option<GracePeriod> {
        let Host { privilege, delegated_cgroup, cgroup_mode, .. } = &self.host;
        // In a cgroup that hands on its controllers no other process may be.
        (privilege.is_root() && delegated_cgroup.is_none()).then(|| GracePeriod::begin(*cgroup_mode)).flatten()
    }

    /// Takes the name.
    fn take(&self, registry: Result<Registry>, name: Option<Name>) -> Result<Taken> {
        let bundle = self.bundle.path.file_name().unwrap_or_default();
        let name = name.unwrap_or_else(|| Name::for_bundle(bundle, std::process::id()));
        registry.and_then(|registry| registry.take(&name))
    }

    fn record(&self, is_detached: bool, runtime: &camino::Utf8Path) -> Record {
        let config = &self.planned.plan.config;
        // The plan is made of the settings, so they are what they are.
        let of_init = runner::words_of_init(config).unwrap_or_default();
        let words = config["process"]["args"].as_array().into_iter().flatten().skip(of_init);
        Record {
            id: self.host.id.clone(),
            bundle: self.bundle.path.clone(),
            runtime: runtime.to_owned(),
            command: shortened(words.filter_map(Value::as_str)),
            monitor: std::process::id(),
            pid_namespace: containers::pid_namespace(),
            process: None,
            started: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
            is_detached,
            stop_signal: runner::run_settings(config).ok().and_then(|settings| settings.stop_signal),
            ports: self.planned.plan.network.iter().flat_map(|network| &network.ports).map(Port::to_string).collect(),
            state: State::Starting,
            cgroups: Vec::new(),
            health: None,
        }
    }
}

fn say_unlisted(error: &anyhow::Error) {
    let line = format!("oci-bundle: warning: 'oci-bundle ps' does not show this container: {error:#}");
    say(&text::escaped(&line));
}

/// The words that are kept of a command, which may have any number.
fn shortened<'w>(words: impl Iterator<Item = &'w str>) -> Vec<String> {
    let mut left = MOST_OF_COMMAND;
    let mut kept = Vec::new();
    for word in words {
        // An empty one takes some, too.
        let Some(rest) = left.checked_sub(word.len() + 1) else {
            kept.push("…".to_owned());
            break;
        };
        left = rest;
        kept.push(word.to_owned());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_command_the_first_words_are_kept() {
        let long = "a".repeat(MOST_OF_COMMAND);
        assert_eq!(shortened(["a", "b"].into_iter()), ["a", "b"]);
        assert_eq!(shortened(["sh", &long, "b"].into_iter()), ["sh", "…"]);
        assert_eq!(shortened(std::iter::repeat_n("", 2 * MOST_OF_COMMAND)).len(), MOST_OF_COMMAND + 1);
    }
}
