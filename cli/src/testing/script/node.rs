//! A container of the test, with all its runs.

use std::os::fd::OwnedFd;
use std::time::Duration;

use super::log::Log;
use super::request::Created;
use super::spec::NodeSpec;

/// A container.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub spec: NodeSpec,
    /// Each time that it was started, in order.
    pub runs: Vec<NodeRun>,
}

/// One run of it. All times are from the start of the test.
#[derive(Debug)]
pub struct NodeRun {
    /// The process that runs it, which becomes the runtime.
    pub runner: u32,
    /// When it was started.
    pub started: Duration,
    /// The container, once it is there.
    pub container: Option<Container>,
    /// What it has printed.
    pub log: Log,
    /// How it ended.
    pub exit: Option<Exit>,
}

/// What a runtime has made.
#[derive(Debug)]
pub struct Container {
    /// What the runtime has said of it.
    pub created: Created,
    /// Its first process, also after another one has got its number.
    pub pidfd: OwnedFd,
}

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The exit code.
    pub code: u8,
    /// When it was.
    pub at: Duration,
}

impl Node {
    /// Of a test that has not started it.
    pub fn new(spec: NodeSpec) -> Self {
        Self { spec, runs: Vec::new() }
    }

    /// The last run.
    pub fn last(&self) -> Option<&NodeRun> {
        self.runs.last()
    }

    /// The run that goes on.
    ///
    /// # Errors
    /// There is none, and this is why.
    pub fn running(&self) -> Result<&NodeRun, String> {
        match self.last() {
            None => Err("it has not been started".to_owned()),
            Some(NodeRun { exit: Some(exit), .. }) => Err(format!("it has ended with exit code {}", exit.code)),
            Some(run) => Ok(run),
        }
    }

    /// The container of the run that goes on.
    ///
    /// # Errors
    /// There is none, and this is why.
    pub fn container(&self) -> Result<&Container, String> {
        self.running()?.container.as_ref().ok_or_else(|| "it is being started".to_owned())
    }

    /// Whether it runs, as a word or two.
    pub fn status(&self) -> String {
        match self.last() {
            None => "not started".to_owned(),
            Some(NodeRun { exit: Some(exit), .. }) => format!("exited {}", exit.code),
            Some(_) => "running".to_owned(),
        }
    }
}
