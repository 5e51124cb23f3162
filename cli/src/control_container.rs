//! The program `container` of a test's script: starts, asks and stops a container of the test.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use clap::builder::RangedU64ValueParser;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use oci_bundle::runner::{InRuntime, Runner, Running, parse_signal};
use oci_bundle::testing::script::{Action, CONTAINER, Port, Reply, Request, SOCKET, Socket};
use rustix::process::Pid;

use crate::process_options::ProcessOptions;

/// How many seconds something is waited for.
const TIMEOUT: &str = "30";

/// The longest time that something is waited for: a day.
const LONGEST: u64 = 24 * 60 * 60;

/// Takes seconds that a clock can count.
fn seconds() -> RangedU64ValueParser {
    RangedU64ValueParser::new().range(..=LONGEST)
}

/// Start, ask and stop a container of this test.
#[derive(Parser)]
struct ContainerProgram {
    #[command(subcommand)]
    verb: Verb,

    /// Where the test's supervisor listens
    #[arg(long, env = SOCKET, hide = true)]
    socket: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Verb {
    /// Start it, and return when its program runs
    Start {
        /// Set an environment variable
        #[arg(long, value_name = "NAME=VALUE")]
        env: Vec<String>,
        /// Arguments for its program, instead of the test's
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Run a command in it, and exit with its exit code
    Exec {
        #[command(flatten)]
        options: ProcessOptions,
        /// The command and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Wait until something in it listens on a port
    WaitPort {
        /// Such as 8080, or 53/udp
        port: Port,
        /// For how many seconds at most
        #[arg(long, value_name = "SECONDS", default_value = TIMEOUT, value_parser = seconds())]
        timeout: u64,
    },
    /// Wait until it has printed a text since it was started
    WaitOutput {
        /// The text
        text: String,
        /// For how many seconds at most
        #[arg(long, value_name = "SECONDS", default_value = TIMEOUT, value_parser = seconds())]
        timeout: u64,
    },
    /// Wait until it has ended, and print its exit code
    Wait {
        /// For how many seconds at most
        #[arg(long, value_name = "SECONDS", default_value = TIMEOUT, value_parser = seconds())]
        timeout: u64,
    },
    /// Send its first process a signal
    Signal {
        /// Such as TERM
        #[arg(value_parser = parse_signal)]
        signal: i32,
    },
    /// Send it TERM, kill it if it has not ended in time, and return when it has
    Stop {
        /// How many seconds it has
        #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds())]
        time: u64,
    },
    /// Print what it has printed since it was started
    Logs,
    /// Print whether it runs: "not started", "running", or "exited" and its exit code
    Status,
}

/// What the script has asked for.
pub struct ScriptedOptions {
    program: ContainerProgram,
    /// The container, where the script names it.
    node: Option<String>,
}

/// Reads the command line. In a test of several containers, the first word is the name of one.
pub fn parse(words: Vec<OsString>, is_named: bool) -> Result<ScriptedOptions, clap::Error> {
    let mut given = words.into_iter().skip(1).peekable();
    let is_option = |word: &OsString| word.to_string_lossy().starts_with('-');
    let node = given.next_if(|word| is_named && !is_option(word)).map(|name| name.to_string_lossy().into_owned());
    let called = node.as_ref().map_or_else(|| CONTAINER.to_owned(), |node| format!("{CONTAINER} {node}"));
    let command = ContainerProgram::command().bin_name(&called).display_name(&called).disable_help_subcommand(true);
    let matches = command.try_get_matches_from([OsString::from(called)].into_iter().chain(given))?;
    Ok(ScriptedOptions { program: ContainerProgram::from_arg_matches(&matches)?, node })
}

/// Does it.
pub fn control_container(options: ScriptedOptions) -> Result<()> {
    let ScriptedOptions { program: ContainerProgram { verb, socket }, node } = options;
    let Some(socket) = socket else { bail!("this is for the script of a container's test (docs/test.md)") };
    let request = Request::Node { node: node.clone(), action: action(&verb) };
    let (reply, rest) = Socket(socket).ask(&request)?;
    let mut stdout = std::io::stdout();
    let writing = "writing to standard output";
    match reply {
        Reply::Done => Ok(()),
        Reply::Output => stdout.write_all(&rest).context(writing),
        Reply::Text(text) => writeln!(stdout, "{text}").context(writing),
        Reply::Failed(problem) => Err(node.map_or_else(|| anyhow!("{problem}"), |node| anyhow!("{node}: {problem}"))),
        Reply::Found { runner, runtime, created } => {
            let Verb::Exec { options, command } = verb else { bail!("no answer to this") };
            let runner = i32::try_from(runner).ok().and_then(Pid::from_raw).context("no process runs it")?;
            let container = InRuntime { runtime, id: created.id, bundle: created.bundle };
            let running = Running { runner: Runner::open(runner)?, container };
            std::process::exit(options.run(&running, command)?.into())
        }
    }
}

fn action(verb: &Verb) -> Action {
    match verb {
        Verb::Start { env, args } => Action::Start { args: args.clone(), env: env.clone() },
        Verb::Exec { .. } => Action::Find,
        Verb::WaitPort { port, timeout } => Action::WaitPort { port: *port, timeout: *timeout },
        Verb::WaitOutput { text, timeout } => Action::WaitOutput { text: text.clone(), timeout: *timeout },
        Verb::Wait { timeout } => Action::Wait { timeout: *timeout },
        Verb::Signal { signal } => Action::Signal { signal: *signal },
        Verb::Stop { time } => Action::Stop { time: *time },
        Verb::Logs => Action::Logs,
        Verb::Status => Action::Status,
    }
}
