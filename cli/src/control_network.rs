//! The program `network` of a test's script: cuts the network between containers.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use oci_bundle::testing::script::{Cut, NETWORK, Reply, Request, SOCKET, Socket};

/// Cut the network of this test, and heal it.
#[derive(Parser)]
#[command(name = NETWORK, disable_help_subcommand = true)]
pub struct NetworkOptions {
    #[command(subcommand)]
    verb: Verb,

    /// Where the test's supervisor listens
    #[arg(long, env = SOCKET, hide = true)]
    socket: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Verb {
    /// Cut two containers from each other, or one from all others and the script: what is sent is lost
    Cut {
        /// The container
        one: String,
        /// The other one
        other: Option<String>,
    },
    /// Undo all cuts
    Heal,
}

/// Does it.
pub fn control_network(options: NetworkOptions) -> Result<()> {
    let Some(socket) = options.socket else { bail!("this is for the script of a container's test (docs/test.md)") };
    let request = match options.verb {
        Verb::Cut { one, other: Some(other) } => Request::Cut(Cut::Between(one, other)),
        Verb::Cut { one, other: None } => Request::Cut(Cut::Off(one)),
        Verb::Heal => Request::Heal,
    };
    match Socket(socket).ask(&request)?.0 {
        Reply::Failed(problem) => bail!("{problem}"),
        _ => Ok(()),
    }
}
