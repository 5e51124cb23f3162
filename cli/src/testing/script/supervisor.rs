//! The process that starts all of a test, and knows what became of it.

use std::fs;
use std::io::{BufReader, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use oci_bundle_builder::plan::diagnostics::nearest;
use rustix::mount::{self, MountFlags};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, pidfd_send_signal};

use super::hosts;
use super::listeners::{Port, open_ports};
use super::log::{LONGEST_TEXT, Log, Shown, say};
use super::node::{Container, Exit, Node, NodeRun};
use super::report;
use super::request::{Action, Created, Cut, Reply, Request, receive, send};
use super::shell::Shell;
use super::supervision::Supervision;
use crate::runner::{Bundle, container_id};
use crate::testing::network::Network;
use crate::testing::process_tree::{OWN_PROGRAM, exit_code};
use crate::testing::run_command::RunCommand;

/// How long between two looks at what the kernel does not tell by itself.
const PAUSE: Duration = Duration::from_millis(2);

/// How long a container may take from its creation to its program.
const MOST_FOR_EXEC: Duration = Duration::from_secs(5);

/// How long the outputs of a run may stay open when it has ended.
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
    let supervisor = Arc::new(Supervisor {
        network: Mutex::new(Network::new()?),
        state: Mutex::new(supervision.nodes.iter().cloned().map(Node::new).collect()),
        changed: Condvar::new(),
        begin: Instant::now(),
        hosts,
        states,
        supervision,
    });
    let answering = Arc::clone(&supervisor);
    thread::spawn(move || answering.answer_all(&listener));
    let shell = Shell::prepare(&supervisor.supervision)?;
    let ended = supervisor.run_script(&shell)?;
    supervisor.write_result()?;
    if let Err(problem) = &ended {
        for line in report::failure(&supervisor.nodes()) {
            say(&line);
        }
        say(&format!("container.test: {problem}"));
    }
    if let Some(terminal) = &supervisor.supervision.terminal {
        say("container.test: this shell has the containers as the script has left them; exit ends them");
        shell.interactive(Some(terminal)).status().context("starting a shell")?;
    }
    Ok(ended.is_ok())
}

struct Supervisor {
    supervision: Supervision,
    network: Mutex<Network>,
    state: Mutex<Vec<Node>>,
    changed: Condvar,
    begin: Instant,
    hosts: PathBuf,
    states: PathBuf,
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

impl Supervisor {
    fn nodes(&self) -> MutexGuard<'_, Vec<Node>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn network(&self) -> MutexGuard<'_, Network> {
        self.network.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the script, but not longer than it may. Gives what went wrong.
    fn run_script(&self, shell: &Shell<'_>) -> Result<Result<(), String>> {
        let mut script = shell.run().stdin(Stdio::null()).process_group(0).spawn().context("starting the script")?;
        let group = Pid::from_child(&script);
        let (sender, ended) = channel();
        thread::spawn(move || sender.send(script.wait()));
        let timeout = self.supervision.spec.timeout;
        let Ok(status) = ended.recv_timeout(timeout) else {
            // It may have ended now.
            let _ = kill_process_group(group, Signal::KILL);
            return Ok(Err(format!(
                "the script has not ended after {} s, and was killed; set 'timeout' for what takes longer",
                timeout.as_secs()
            )));
        };
        Ok(match exit_code(status.context("waiting for the script")?) {
            0 => Ok(()),
            code => Err(format!("the script has ended with exit code {code}")),
        })
    }

    fn write_result(&self) -> Result<()> {
        let document = report::document(&self.nodes(), self.begin.elapsed());
        let file = self.supervision.result();
        let text = serde_json::to_string_pretty(&document)? + "\n";
        fs::write(&file, text).with_context(|| format!("writing '{}'", file.display()))
    }

    fn answer_all(self: &Arc<Self>, listener: &UnixListener) {
        for stream in listener.incoming().flatten() {
            let supervisor = Arc::clone(self);
            thread::spawn(move || supervisor.answer(stream));
        }
    }

    /// Answers one request. Whoever has asked may be gone.
    fn answer(self: &Arc<Self>, mut stream: UnixStream) -> Result<()> {
        let request = receive(&mut BufReader::new(&stream))?;
        let (reply, rest) = self.handle(request).unwrap_or_else(|problem| (Reply::Failed(problem), Vec::new()));
        send(&mut stream, &reply)?;
        Ok(stream.write_all(&rest)?)
    }

    fn handle(self: &Arc<Self>, request: Request) -> Result<(Reply, Vec<u8>), String> {
        let done = (Reply::Done, Vec::new());
        match request {
            Request::Created(created) => self.created(created).map(|()| done),
            Request::Cut(cut) => self.cut(&cut).map(|()| done),
            Request::Heal => {
                let mut network = self.network();
                network.heal().map(|()| done).map_err(|error| format!("{error:#}"))
            }
            Request::Node { node, action } => {
                let index = node.map_or(Ok(0), |name| self.index(&name))?;
                if matches!(action, Action::Logs) {
                    let nodes = self.nodes();
                    let run = nodes[index].last().ok_or("it has not been started")?;
                    return Ok((Reply::Output, run.log.bytes().to_vec()));
                }
                self.act(index, action).map(|reply| (reply, Vec::new()))
            }
        }
    }

    fn act(self: &Arc<Self>, index: usize, action: Action) -> Result<Reply, String> {
        match action {
            Action::Start { args, env } => self.start(index, &args, &env).map(|()| Reply::Done),
            Action::Stop { time } => self.stop(index, Duration::from_secs(time)).map(|()| Reply::Done),
            Action::Signal { signal } => self.signal(index, signal).map(|()| Reply::Done),
            Action::Status => Ok(Reply::Text(self.nodes()[index].status())),
            Action::Logs => Ok(Reply::Output),
            Action::WaitPort { port, timeout } => self.wait_port(index, port, timeout).map(|()| Reply::Done),
            Action::WaitOutput { text, timeout } => self.wait_output(index, &text, timeout).map(|()| Reply::Done),
            Action::Wait { timeout } => match self.wait(index, Duration::from_secs(timeout))? {
                Some(exit) => Ok(Reply::Text(exit.code.to_string())),
                None => Err(format!("it has not ended after {timeout} s")),
            },
            Action::Find => {
                let nodes = self.nodes();
                let created = nodes[index].container()?.created.clone();
                let runner = nodes[index].running()?.runner;
                Ok(Reply::Found { runner, runtime: self.supervision.runtime.clone(), created })
            }
        }
    }

    fn index(&self, name: &str) -> Result<usize, String> {
        let names: Vec<_> = self.supervision.nodes.iter().map(|node| node.name.as_str()).collect();
        names.iter().position(|known| *known == name).ok_or_else(|| {
            let hint = match nearest(name, &names) {
                Some(near) => format!("did you mean '{near}'?"),
                None => format!("there are: {}", names.join(", ")),
            };
            format!("no such container of this test ({hint})")
        })
    }

    fn cut(&self, cut: &Cut) -> Result<(), String> {
        let index = |name: &str| self.index(name).map_err(|problem| format!("{name}: {problem}"));
        let mut network = self.network();
        let cut = match cut {
            Cut::Off(node) => network.cut_off(index(node)?),
            Cut::Between(one, other) if one == other => return Err(format!("{one} is named twice; want two")),
            Cut::Between(one, other) => network.cut_between(index(one)?, index(other)?),
        };
        cut.map_err(|error| format!("{error:#}"))
    }

    /// Starts a container, and waits until its program runs.
    fn start(self: &Arc<Self>, index: usize, args: &[String], env: &[String]) -> Result<(), String> {
        let number = {
            // Its hook asks when this process has let go.
            let mut nodes = self.nodes();
            if nodes[index].running().is_ok() {
                return Err("it is running; 'stop' it first".to_owned());
            }
            let spawned = self.command(index, args, env).and_then(|mut command| Ok(command.spawn()?));
            let child = spawned.map_err(|error| format!("starting it: {error:#}"))?;
            let run = NodeRun {
                runner: child.id(),
                started: self.begin.elapsed(),
                container: None,
                log: Log::default(),
                exit: None,
            };
            nodes[index].runs.push(run);
            let number = nodes[index].runs.len() - 1;
            let supervisor = Arc::clone(self);
            thread::spawn(move || supervisor.attend(Attended { index, number }, child));
            number
        };
        let attended = Attended { index, number };
        let nodes = self.wait_until(None, |nodes| {
            let run = attended.run(nodes);
            run.container.is_some() || run.exit.is_some()
        });
        let (container, exit) = {
            let run = attended.run(&nodes);
            (run.container.as_ref().map(|container| container.created.pid), run.exit)
        };
        let runner = attended.run(&nodes).runner;
        drop(nodes);
        self.show_warnings(index);
        match (container, exit) {
            (None, Some(exit)) => Err(format!("it has not started: exit code {}", exit.code)),
            (Some(pid), None) => {
                wait_for_program(pid, runner);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn command(&self, index: usize, args: &[String], env: &[String]) -> Result<Command> {
        let Supervision { nodes, spec, runtime, .. } = &self.supervision;
        let node = &nodes[index];
        let is_read_only = Bundle::open(&node.bundle)?.config()?.is_root_read_only();
        let state = (!is_read_only).then(|| self.states.join(&node.name));
        let mut variables: Vec<_> = spec.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        variables.extend_from_slice(env);
        let hosts = format!("{}:/etc/hosts:ro", self.hosts.display());
        let options =
            ["--created".into(), self.supervision.socket().0.into_os_string(), "--mount".into(), hosts.into()];
        let run = RunCommand {
            runtime,
            bundle: &node.bundle,
            warnings: &self.supervision.warnings(index),
            state: state.as_deref(),
            options: &options,
            env: &variables,
            args: if args.is_empty() { &spec.args } else { args },
        };
        let mut command = Command::new(OWN_PROGRAM);
        run.add_to(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    }

    /// What the container cannot have here. Once is enough.
    fn show_warnings(&self, index: usize) {
        let file = self.supervision.warnings(index);
        let name = &self.supervision.nodes[index].name;
        for line in fs::read_to_string(&file).unwrap_or_default().lines() {
            say(&format!("container.test: warning: {name}: {line}"));
        }
    }

    /// Reads what a run prints, and waits until it has ended.
    fn attend(self: &Arc<Self>, attended: Attended, mut child: Child) {
        let (sender, closed) = channel();
        let streams: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|stream| Box::new(stream) as _),
            child.stderr.take().map(|stream| Box::new(stream) as _),
        ];
        for stream in streams.into_iter().flatten() {
            let (supervisor, sender) = (Arc::clone(self), sender.clone());
            thread::spawn(move || {
                supervisor.read(attended, stream);
                sender.send(())
            });
        }
        let status = child.wait();
        wait_for_outputs(&closed);
        let exit = Exit { code: status.map_or(u8::MAX, exit_code), at: self.begin.elapsed() };
        self.network().unplug(attended.index);
        attended.run_mut(&mut self.nodes()).exit = Some(exit);
        self.changed.notify_all();
    }

    fn read(&self, attended: Attended, mut stream: impl Read) {
        let mut shown = Shown::new(&self.supervision.nodes[attended.index].name);
        let mut buffer = vec![0; 64 << 10];
        loop {
            match stream.read(&mut buffer) {
                Ok(count) if count > 0 => {
                    attended.run_mut(&mut self.nodes()).log.append(&buffer[..count]);
                    self.changed.notify_all();
                    shown.append(&buffer[..count]);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                _ => return shown.finish(),
            }
        }
    }

    /// A runtime has made a container, and waits until this has returned.
    fn created(&self, created: Created) -> Result<(), String> {
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

    fn signal(&self, index: usize, signal: i32) -> Result<(), String> {
        let signal = Signal::from_named_raw(signal).ok_or("no such signal")?;
        let nodes = self.nodes();
        pidfd_send_signal(&nodes[index].container()?.pidfd, signal).map_err(|error| format!("sending it: {error}"))
    }

    fn stop(&self, index: usize, time: Duration) -> Result<(), String> {
        self.signal(index, Signal::TERM.as_raw())?;
        if self.wait(index, time)?.is_none() {
            // It may have ended now.
            let _ = self.signal(index, Signal::KILL.as_raw());
            self.wait(index, Duration::from_secs(10))?.ok_or("it has not ended, although it was killed")?;
        }
        Ok(())
    }

    /// The end of its last run; none if it has not ended by then.
    fn wait(&self, index: usize, time: Duration) -> Result<Option<Exit>, String> {
        let nodes = self.nodes();
        nodes[index].last().ok_or("it has not been started")?;
        drop(nodes);
        let has_ended = |nodes: &[Node]| nodes[index].last().is_some_and(|run| run.exit.is_some());
        let nodes = self.wait_until(Some(Instant::now() + time), has_ended);
        Ok(nodes[index].last().and_then(|run| run.exit))
    }

    fn wait_port(&self, index: usize, port: Port, timeout: u64) -> Result<(), String> {
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

    fn wait_output(&self, index: usize, text: &str, timeout: u64) -> Result<(), String> {
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

/// Waits until the outputs are at their end. What a container has left behind may hold them.
fn wait_for_outputs(closed: &Receiver<()>) {
    let deadline = Instant::now() + MOST_FOR_OUTPUT;
    for _ in 0..2 {
        if closed.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_err() {
            return;
        }
    }
}

/// Waits until the first process of a container runs the container's program: until then it runs the runtime's.
fn wait_for_program(pid: i32, runner: u32) {
    let program = |pid: &dyn std::fmt::Display| {
        fs::metadata(format!("/proc/{pid}/exe")).ok().map(|file| (file.dev(), file.ino()))
    };
    let deadline = Instant::now() + MOST_FOR_EXEC;
    while program(&pid).is_some_and(|found| Some(found) == program(&runner)) && Instant::now() < deadline {
        thread::sleep(PAUSE);
    }
}
