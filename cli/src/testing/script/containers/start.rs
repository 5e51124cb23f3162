//! The start of a container, and what becomes of it until it has ended.

use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Attended, Containers, PAUSE};
use crate::runner::{Bundle, exit_code};
use crate::testing::process_tree::OWN_PROGRAM;
use crate::testing::run_command::RunCommand;
use crate::testing::script::log::{Log, Shown, say};
use crate::testing::script::node::{Exit, NodeRun};
use crate::testing::script::supervision::Supervision;

/// How long a container may take from its creation to its program.
const MOST_FOR_EXEC: Duration = Duration::from_secs(5);

/// How long the outputs of a run may stay open when it has ended.
const MOST_FOR_OUTPUT: Duration = Duration::from_secs(1);

impl Containers {
    /// Starts a container, and waits until its program runs.
    ///
    /// # Errors
    /// It runs already, or has not started.
    pub fn start(self: &Arc<Self>, index: usize, args: &[String], env: &[String]) -> Result<(), String> {
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
        if number == 0 {
            self.show_warnings(index);
        }
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
        let state = (!is_read_only).then(|| self.files.states.join(&node.name));
        let mut variables: Vec<_> = spec.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        variables.extend_from_slice(env);
        let hosts = format!("{}:/etc/hosts:ro", self.files.hosts.display());
        let options =
            ["--created".into(), self.supervision.socket().0.into_os_string(), "--mount".into(), hosts.into()];
        let run = RunCommand {
            runtime,
            bundle: &node.bundle,
            warnings: &self.supervision.warnings(index),
            state: state.as_deref(),
            state_home: &self.files.states.join(format!(".volumes-{}", node.name)),
            options: &options,
            env: &variables,
            args: if args.is_empty() { &spec.args } else { args },
        };
        let mut command = Command::new(OWN_PROGRAM);
        run.add_to(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    }

    /// What the container cannot have here, which is the same each time.
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
