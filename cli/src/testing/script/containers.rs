//! The containers of a test, and what can be done with them.

mod start;

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use oci_bundle_builder::plan::diagnostics::nearest;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::listeners::{Port, open_ports};
use super::log::LONGEST_TEXT;
use super::node::{Container, Exit, Node, NodeRun};
use super::request::{Created, Cut};
use super::supervision::Supervision;
use crate::runner::container_id;
use crate::testing::network::Network;

/// How long between two looks at what the kernel does not tell by itself.
const PAUSE: Duration = Duration::from_millis(2);

/// The containers.
pub struct Containers {
    /// What they are.
    pub supervision: Supervision,
    /// The start of the test.
    pub begin: Instant,
    network: Mutex<Network>,
    state: Mutex<Vec<Node>>,
    changed: Condvar,
    files: Files,
}

/// The files of the containers.
#[derive(Clone, Debug)]
pub struct Files {
    /// The names that they have for each other.
    pub hosts: PathBuf,
    /// The directory for what they write.
    pub states: PathBuf,
}

impl Containers {
    /// None of them runs yet.
    pub fn new(supervision: Supervision, network: Network, files: Files) -> Self {
        Self {
            network: Mutex::new(network),
            state: Mutex::new(supervision.nodes.iter().cloned().map(Node::new).collect()),
            changed: Condvar::new(),
            begin: Instant::now(),
            files,
            supervision,
        }
    }

    /// All of them, as they are now. Whoever has this, keeps the others waiting.
    pub fn nodes(&self) -> MutexGuard<'_, Vec<Node>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn network(&self) -> MutexGuard<'_, Network> {
        self.network.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a container.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn index(&self, name: &str) -> Result<usize, String> {
        let names: Vec<_> = self.supervision.nodes.iter().map(|node| node.name.as_str()).collect();
        names.iter().position(|known| *known == name).ok_or_else(|| {
            let hint = match nearest(name, &names) {
                Some(near) => format!("did you mean '{near}'?"),
                None => format!("there are: {}", names.join(", ")),
            };
            format!("no such container of this test ({hint})")
        })
    }

    /// Cuts the network.
    ///
    /// # Errors
    /// What could not be done, and why.
    pub fn cut(&self, cut: &Cut) -> Result<(), String> {
        let index = |name: &str| self.index(name).map_err(|problem| format!("{name}: {problem}"));
        let mut network = self.network();
        let cut = match cut {
            Cut::Off(node) => network.cut_off(index(node)?),
            Cut::Between(one, other) if one == other => return Err(format!("{one} is named twice; want two")),
            Cut::Between(one, other) => network.cut_between(index(one)?, index(other)?),
        };
        cut.map_err(|error| format!("{error:#}"))
    }

    /// A runtime has made a container, and waits until this has returned.
    ///
    /// # Errors
    /// What could not be done, and why.
    pub fn created(&self, created: Created) -> Result<(), String> {
        let pid = Pid::from_raw(created.pid).ok_or("no process")?;
        let pidfd =
            pidfd_open(pid, PidfdFlags::empty()).map_err(|error| format!("opening process {pid:?}: {error}"))?;
        let mut nodes = self.nodes();
        let is_its = |node: &Node| node.last().is_some_and(|run| container_id(run.runner) == created.id);
        let index = nodes.iter().position(is_its).ok_or_else(|| format!("no container has the id '{}'", created.id))?;
        let mut network = self.network();
        network.plug(index, pid).map_err(|error| format!("{error:#}"))?;
        if let Some(run) = nodes[index].runs.last_mut() {
            run.container = Some(Container { created, pidfd });
        }
        self.changed.notify_all();
        Ok(())
    }

    /// Sends the first process of a container a signal.
    ///
    /// # Errors
    /// What could not be done, and why.
    pub fn signal(&self, index: usize, signal: i32) -> Result<(), String> {
        let signal = Signal::from_named_raw(signal).ok_or("no such signal")?;
        let nodes = self.nodes();
        pidfd_send_signal(&nodes[index].container()?.pidfd, signal).map_err(|error| format!("sending it: {error}"))
    }

    /// Stops a container, and kills it if it has not ended in time. One that has ended by itself is stopped.
    ///
    /// # Errors
    /// What could not be done, and why.
    pub fn stop(&self, index: usize, time: Duration) -> Result<(), String> {
        if self.wait(index, Duration::ZERO)?.is_some() {
            return Ok(());
        }
        if let Err(problem) = self.signal(index, Signal::TERM.as_raw()) {
            // It may have ended now.
            return self.wait(index, Duration::ZERO)?.map(drop).ok_or(problem);
        }
        if self.wait(index, time)?.is_none() {
            // It may have ended now.
            let _ = self.signal(index, Signal::KILL.as_raw());
            self.wait(index, Duration::from_secs(10))?.ok_or("it has not ended, although it was killed")?;
        }
        Ok(())
    }

    /// The end of its last run; none if it has not ended by then.
    ///
    /// # Errors
    /// What could not be done, and why.
    pub fn wait(&self, index: usize, time: Duration) -> Result<Option<Exit>, String> {
        let nodes = self.nodes();
        nodes[index].last().ok_or("it has not been started")?;
        drop(nodes);
        let has_ended = |nodes: &[Node]| nodes[index].last().is_some_and(|run| run.exit.is_some());
        let nodes = self.wait_until(Some(Instant::now() + time), has_ended);
        Ok(nodes[index].last().and_then(|run| run.exit))
    }

    /// Waits until somebody listens in a container.
    ///
    /// # Errors
    /// What could not be done, and why.
    pub fn wait_port(&self, index: usize, port: Port, timeout: u64) -> Result<(), String> {
        let deadline = Instant::now() + Duration::from_secs(timeout);
        loop {
            let container = self.nodes()[index].container().map(|container| container.created.pid);
            let pid = container.map_err(|problem| format!("nobody listens on port {port}: {problem}"))?;
            let open = open_ports(pid);
            if open.contains(&port) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let others: Vec<_> = open.iter().map(Port::to_string).collect();
                let others = if others.is_empty() { "no port".to_owned() } else { others.join(", ") };
                return Err(format!("nobody listens on port {port} after {timeout} s; open is: {others}"));
            }
            thread::sleep(PAUSE);
        }
    }

    /// Waits until a container has printed a text.
    ///
    /// # Errors
    /// What could not be done, and why.
    pub fn wait_output(&self, index: usize, text: &str, timeout: u64) -> Result<(), String> {
        if text.is_empty() || text.len() > LONGEST_TEXT {
            return Err(format!("found a text of {} bytes, want 1 to {LONGEST_TEXT}", text.len()));
        }
        let (number, watch) = {
            let mut nodes = self.nodes();
            let number = nodes[index].runs.len().checked_sub(1).ok_or("it has not been started")?;
            (number, nodes[index].runs[number].log.watch(text))
        };
        let attended = Attended { index, number };
        let nodes = self.wait_until(Some(Instant::now() + Duration::from_secs(timeout)), |nodes| {
            let run = attended.run(nodes);
            run.log.has_come(watch) || run.exit.is_some()
        });
        let run = attended.run(&nodes);
        match run.exit {
            _ if run.log.has_come(watch) => Ok(()),
            Some(exit) => Err(format!("it has ended with exit code {}, and has not printed {text:?}", exit.code)),
            None => Err(format!("it has not printed {text:?} after {timeout} s")),
        }
    }

    /// Undoes all cuts.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn heal(&self) -> Result<(), String> {
        self.network().heal().map_err(|error| format!("{error:#}"))
    }

    /// Waits until something is so, but not longer than until then.
    fn wait_until(&self, deadline: Option<Instant>, is_so: impl Fn(&[Node]) -> bool) -> MutexGuard<'_, Vec<Node>> {
        let mut nodes = self.nodes();
        while !is_so(&nodes) {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                break;
            }
            // A deadline that far is none.
            let waited = self.changed.wait_timeout(nodes, left.unwrap_or(Duration::from_secs(3600)));
            nodes = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        nodes
    }
}

/// A run of a container.
#[derive(Clone, Copy, Debug)]
struct Attended {
    index: usize,
    number: usize,
}

impl Attended {
    fn run(self, nodes: &[Node]) -> &NodeRun {
        &nodes[self.index].runs[self.number]
    }

    fn run_mut(self, nodes: &mut [Node]) -> &mut NodeRun {
        &mut nodes[self.index].runs[self.number]
    }
}
