//! The process that starts all of a test, and knows what became of it.

use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::mount::{self, MountFlags};
use rustix::pipe::PipeFlags;
use rustix::process::{Pid, Signal, kill_process_group};

use super::containers::{Containers, Files};
use super::hosts;
use super::log::{Shown, say};
use super::report;
use super::request::{Action, Reply, Request, receive, send};
use super::shell::Shell;
use super::supervision::Supervision;
use crate::runner::exit_code;
use crate::testing::network::Network;

/// How long the output of a script may stay open when it has ended.
const MOST_FOR_OUTPUT: Duration = Duration::from_secs(1);

/// Runs the script to its end, says what went wrong, and writes what came of it. Says whether all went well.
///
/// It is the first process of the test in its namespaces, and all that it has started ends with it.
///
/// # Errors
/// What kept the test from being run.
pub fn supervise(supervision: Supervision) -> Result<bool> {
    let socket = supervision.socket();
    let listener = UnixListener::bind(&socket.0).with_context(|| format!("listening at '{}'", socket.0.display()))?;
    let hosts = hosts::write(&supervision)?;
    let states = mount_states(&supervision)?;
    let containers = Arc::new(Containers::new(supervision, Network::new()?, Files { hosts, states }));
    let supervisor = Supervisor(Arc::clone(&containers));
    thread::spawn(move || supervisor.answer_all(&listener));
    let supervision = &containers.supervision;
    let shell = Shell::prepare(supervision)?;
    let ended = run_script(&shell, supervision.spec.timeout)?;
    write_result(&containers)?;
    if let Err(problem) = &ended {
        for line in report::failure(&containers.nodes()) {
            say(&line);
        }
        say(&format!("container.test: {problem}"));
    }
    if let Some(terminal) = &supervision.terminal {
        say("container.test: this shell has the containers as the script has left them; exit ends them");
        shell.interactive(Some(terminal)).status().context("starting a shell")?;
    }
    Ok(ended.is_ok())
}

/// Mounts what the containers write to: in memory, so that no test fills a disk. What one writes stays until the test ends.
fn mount_states(supervision: &Supervision) -> Result<PathBuf> {
    let states = supervision.work.join("states");
    let mounting = || format!("mounting a tmpfs on '{}'", states.display());
    fs::create_dir(&states).with_context(mounting)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    mount::mount("tmpfs", &states, "tmpfs", flags, Some(c"mode=0700,size=50%,nr_inodes=1m")).with_context(mounting)?;
    Ok(states)
}

/// Runs the script, but not longer than it may. Gives what went wrong.
fn run_script(shell: &Shell<'_>, timeout: Duration) -> Result<Result<(), String>> {
    let (output, input) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC).context("making a pipe for the script")?;
    let mut command = shell.run();
    // Both in one, so that they stay in order.
    command.stdin(Stdio::null()).stdout(input.try_clone().context("making a pipe for the script")?).stderr(input);
    let mut script = command.process_group(0).spawn().context("starting the script")?;
    // The ends that the command holds, but for which the output would never end.
    drop(command);
    let group = Pid::from_child(&script);
    let (sender, shown) = channel();
    thread::spawn(move || {
        show_script(output.into());
        sender.send(())
    });
    let (sender, ended) = channel();
    thread::spawn(move || sender.send(script.wait()));
    let Ok(status) = ended.recv_timeout(timeout) else {
        // It may have ended now.
        let _ = kill_process_group(group, Signal::KILL);
        return Ok(Err(format!(
            "the script has not ended after {} s, and was killed; set 'timeout' for what takes longer",
            timeout.as_secs()
        )));
    };
    // What it has left behind may hold it.
    let _ = shown.recv_timeout(MOST_FOR_OUTPUT);
    Ok(match exit_code(status.context("waiting for the script")?) {
        0 => Ok(()),
        code => Err(format!("the script has ended with exit code {code}")),
    })
}

/// Shows what the script prints.
fn show_script(mut output: File) {
    let mut shown = Shown::unmarked();
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = output.read(&mut buffer) {
        shown.append(&buffer[..count]);
    }
    shown.finish();
}

fn write_result(containers: &Containers) -> Result<()> {
    let document = report::document(&containers.nodes(), containers.begin.elapsed());
    let file = containers.supervision.result();
    let text = serde_json::to_string_pretty(&document)? + "\n";
    fs::write(&file, text).with_context(|| format!("writing '{}'", file.display()))
}

/// Answers the script's programs, and the hooks of the containers.
struct Supervisor(Arc<Containers>);

impl Supervisor {
    fn answer_all(&self, listener: &UnixListener) {
        for stream in listener.incoming().flatten() {
            let supervisor = Self(Arc::clone(&self.0));
            thread::spawn(move || supervisor.answer(stream));
        }
    }

    /// Answers one request. Whoever has asked may be gone.
    fn answer(&self, mut stream: UnixStream) -> Result<()> {
        let request = receive(&mut BufReader::new(&stream))?;
        let (reply, rest) = self.handle(request).unwrap_or_else(|problem| (Reply::Failed(problem), Vec::new()));
        send(&mut stream, &reply)?;
        Ok(stream.write_all(&rest)?)
    }

    fn handle(&self, request: Request) -> Result<(Reply, Vec<u8>), String> {
        let done = (Reply::Done, Vec::new());
        match request {
            Request::Created(created) => self.0.created(created).map(|()| done),
            Request::Cut(cut) => self.0.cut(&cut).map(|()| done),
            Request::Heal => self.0.heal().map(|()| done),
            Request::Node { node, action } => {
                let index = node.map_or(Ok(0), |name| self.0.index(&name))?;
                if matches!(action, Action::Logs) {
                    let nodes = self.0.nodes();
                    let run = nodes[index].last().ok_or("it has not been started")?;
                    return Ok((Reply::Output, run.log.bytes().to_vec()));
                }
                self.act(index, action).map(|reply| (reply, Vec::new()))
            }
        }
    }

    fn act(&self, index: usize, action: Action) -> Result<Reply, String> {
        match action {
            Action::Start { args, env } => self.0.start(index, &args, &env).map(|()| Reply::Done),
            Action::Stop { time } => self.0.stop(index, Duration::from_secs(time)).map(|()| Reply::Done),
            Action::Signal { signal } => self.0.signal(index, signal).map(|()| Reply::Done),
            Action::Status => Ok(Reply::Text(self.0.nodes()[index].status())),
            Action::Logs => Ok(Reply::Output),
            Action::WaitPort { port, timeout } => self.0.wait_port(index, port, timeout).map(|()| Reply::Done),
            Action::WaitOutput { text, timeout } => self.0.wait_output(index, &text, timeout).map(|()| Reply::Done),
            Action::Wait { timeout } => match self.0.wait(index, Duration::from_secs(timeout))? {
                Some(exit) => Ok(Reply::Text(exit.code.to_string())),
                None => Err(format!("it has not ended after {timeout} s")),
            },
            Action::Find => {
                let nodes = self.0.nodes();
                let created = nodes[index].container()?.created.clone();
                let runner = nodes[index].running()?.runner;
                Ok(Reply::Found { runner, runtime: self.0.supervision.runtime.clone(), created })
            }
        }
    }
}
