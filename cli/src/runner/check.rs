//! A check of a container: a process that the runtime starts in it again and again.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;

use anyhow::{Context, Result, bail};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::process::{Signal, pidfd_send_signal, set_parent_process_death_signal};
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};

use super::exec::{InRuntime, memfd_of, open_proc, parent_in, path_of};
use super::files::SearchPath;
use super::null_device::open_null;
use super::overrides::Overrides;
use super::runtime::Runtime;
use super::supervision;

/// The hidden verb with which this program becomes a check.
pub const CHECK_HEALTH: &str = "check-health";

/// What the hidden verb does: becomes a check, so this returns only if that fails. Standard input is the process of the runtime
/// (`pidfd_open(2)`), and whoever starts this is its parent. Its number could be another process's by the time that this looks.
///
/// # Errors
/// A run that has ended, or what the container does not have.
pub fn check_health(words: &[OsString]) -> Result<Infallible> {
    set_parent_process_death_signal(Some(Signal::KILL)).context("asking for the end with the parent (prctl(2))")?;
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let [owns_processes, runtime, id, bundle, command @ ..] = &words[..] else {
        bail!("'{CHECK_HEALTH}' is for 'run'")
    };
    let check = Check { owns_processes: owns_processes == "true", command };
    let container = InRuntime { runtime: runtime.into(), id: id.clone(), bundle: bundle.into() };
    become_check(&container, &check)
}

/// The words with which this program becomes a check of a container, with the process of its runtime as standard input.
pub fn words_of_check(container: &InRuntime, check: &Check<'_>) -> Vec<String> {
    let InRuntime { runtime, id, bundle } = container;
    let words =
        [CHECK_HEALTH, if check.owns_processes { "true" } else { "false" }, runtime.as_str(), id, bundle.as_str()];
    words.into_iter().map(str::to_owned).chain(check.command.iter().cloned()).collect()
}

/// A check.
#[derive(Clone, Copy, Debug)]
pub struct Check<'c> {
    /// Whether the runtime is the first process of a pid namespace, in which this process is as well then.
    pub owns_processes: bool,
    /// The command and its arguments.
    pub command: &'c [String],
}

/// Becomes the runtime's `exec` of a check, so this returns only if that fails. This process is a child of the one that stays with
/// the container, so it shares all namespaces with the runtime but that of mounts.
fn become_check(container: &InRuntime, check: &Check<'_>) -> Result<Infallible> {
    let runtime = Runtime::find(Some(&container.runtime), &SearchPath::new("".into()))?;
    let null = open_null(&container.bundle)?;
    move_into_thread_name_spaces(io::stdin().as_fd(), ThreadNameSpaceType::MOUNT)
        .context("joining the mount namespace of the run (setns(2))")?;
    supervision::release()?;
    let (program, args) = check.command.split_first().context("no command to check with")?;
    let overrides = Overrides { program: Some(program.clone()), args: args.to_vec(), ..Overrides::default() };
    let file = memfd_of(&container.process(&overrides, None, open_proc()?)?)?;
    let mut command = container.runtime_command(&runtime, check.owns_processes);
    command.arg("exec").arg("--process").arg(path_of(&file)).arg(&container.id).stdin(null);
    let error = command.exec();
    bail!("starting the runtime '{}': {error}", runtime.program())
}

/// Kills what the runtime of a check has started, where that has not ended. `check` is a child of this process that nobody has waited
/// for yet, so no other process has its number.
pub fn kill_checked(check: u32) {
    for thread in fs::read_dir(format!("/proc/{check}/task")).into_iter().flatten().flatten() {
        let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        children.split_whitespace().for_each(|child| kill_child(child, check));
    }
}

/// Kills a process if it has this parent, and not one that has its number meanwhile.
fn kill_child(child: &str, parent: u32) {
    // A directory of /proc is as good as a descriptor of its process (pidfd_send_signal(2)).
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(process) = openat(CWD, format!("/proc/{child}"), flags, Mode::empty()) else { return };
    let stat = openat(&process, "stat", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map(File::from);
    let mut text = Vec::new();
    if stat.is_ok_and(|mut stat| stat.read_to_end(&mut text).is_ok()) && parent_in(&text) == Some(parent) {
        let _ = pidfd_send_signal(process, Signal::KILL);
    }
}
