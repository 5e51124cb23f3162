//! What the script's programs ask the supervisor: a line of JSON over a socket. The answer is one as well; what a container has
//! printed follows it as it is.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::listeners::Port;

/// More than any request takes: a list of arguments is at most 2 MiB (execve(2)).
const LONGEST: u64 = 8 << 20;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// To a container.
    Node {
        /// Its name; none in a test of one container.
        node: Option<String>,
        /// What to do.
        action: Action,
    },
    /// Cuts the network.
    Cut(Cut),
    /// Undoes all cuts.
    Heal,
    /// The runtime has made a container, and waits.
    Created(Created),
}

/// What is done with a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Starts it, with arguments and variables in the place of those of the test.
    Start {
        /// The arguments.
        args: Vec<String>,
        /// The variables, `NAME=VALUE` each.
        env: Vec<String>,
    },
    /// Sends it the signal to end, and kills it if it has not ended after some seconds.
    Stop {
        /// The seconds.
        time: u64,
    },
    /// Sends its first process a signal.
    Signal {
        /// The number.
        signal: i32,
    },
    /// Says whether it runs, and how it ended.
    Status,
    /// Gives what it has printed since it was started.
    Logs,
    /// Waits until somebody listens.
    WaitPort {
        /// Where.
        port: Port,
        /// For how many seconds at most.
        timeout: u64,
    },
    /// Waits until it has printed a text since it was started.
    WaitOutput {
        /// The text.
        text: String,
        /// For how many seconds at most.
        timeout: u64,
    },
    /// Waits until it has ended, and gives its exit code.
    Wait {
        /// For how many seconds at most.
        timeout: u64,
    },
    /// Gives what is needed to run something in it.
    Find,
}

/// Whom the network is cut for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cut {
    /// Two nodes from each other.
    Between(String, String),
    /// One from all others.
    Off(String),
}

/// A container that a runtime has made (runtime.md, "State").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// What the runtime calls it.
    pub id: String,
    /// Its first process.
    pub pid: i32,
    /// The bundle of the run.
    pub bundle: Utf8PathBuf,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// It is done.
    Done,
    /// It is done; what follows is for standard output.
    Output,
    /// It is done, and this is the answer.
    Text(String),
    /// It could not be done, and this is why.
    Failed(String),
    /// The container, and the process that runs it.
    Found {
        /// The process.
        runner: u32,
        /// The OCI runtime.
        runtime: Utf8PathBuf,
        /// The container.
        created: Created,
    },
}

/// Where the supervisor listens.
#[derive(Clone, Debug)]
pub struct Socket(pub PathBuf);

impl Socket {
    /// Asks. Gives the answer, and what follows it.
    ///
    /// # Errors
    /// The supervisor is gone.
    pub fn ask(&self, request: &Request) -> Result<(Reply, Vec<u8>)> {
        let asking = || format!("asking the test's supervisor at '{}'", self.0.display());
        let mut stream = UnixStream::connect(&self.0).with_context(asking)?;
        send(&mut stream, request).with_context(asking)?;
        let mut reader = BufReader::new(stream);
        let reply = receive(&mut reader).with_context(asking)?;
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).with_context(asking)?;
        Ok((reply, rest))
    }
}

/// Writes a line.
pub fn send(stream: &mut impl Write, message: &impl Serialize) -> Result<()> {
    let line = serde_json::to_string(message)? + "\n";
    Ok(stream.write_all(line.as_bytes())?)
}

/// Reads a line.
pub fn receive<M: serde::de::DeserializeOwned>(reader: &mut impl BufRead) -> Result<M> {
    let mut line = String::new();
    reader.take(LONGEST).read_line(&mut line)?;
    serde_json::from_str(&line).context("reading a line of JSON")
}
