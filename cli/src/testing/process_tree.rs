//! A pid namespace for everything that a test starts: when its first process ends, the kernel ends all others.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};

use anyhow::{Context, Result};
use rustix::mount::{self, MountFlags, MountPropagationFlags};
use rustix::process::{Signal, getegid, geteuid, set_parent_process_death_signal};
use rustix::thread::UnshareFlags;

use crate::runner::{CgroupView, Privilege, SubordinateIds, detect_privilege, exit_code, explain, map_caller_to_root};

/// The hidden verb with which this program becomes the first process of a pid namespace.
const HOLD_PROCESS_TREE: &str = "hold-process-tree";

/// This program.
pub const OWN_PROGRAM: &str = "/proc/self/exe";

/// The command that runs another one in a pid namespace of its own. Killing its process ends all that it has started.
///
/// What keeps it from being run is written into the file `errors`: standard error is the command's.
pub fn in_process_tree(errors: &Path, kind: ProcessTree) -> Command {
    let mut command = Command::new(OWN_PROGRAM);
    command.arg(HOLD_PROCESS_TREE);
    if kind == ProcessTree::WithNetwork {
        command.arg("--network");
    }
    command.arg("--errors").arg(errors).arg("--");
    command
}

/// What its processes share besides their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessTree {
    /// Nothing.
    Alone,
    /// A network namespace, in which there is nothing but a loopback device that is down.
    WithNetwork,
}

/// A process that does not outlive its owner.
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the hidden verb does: makes the namespaces, and in them the first process, which runs the command. This is a process of its
/// own, as one that has unshared its pid namespace can start no thread (`pid_namespaces(7)`).
///
/// # Errors
/// What the kernel does not allow, with the setting that is in the way.
pub fn hold_process_tree(command: &[String], step: Step, errors: &Path) -> Result<u8> {
    let held = hold(command, step, errors);
    if let Err(error) = &held {
        fs::write(errors, format!("{error:#}")).with_context(|| format!("writing '{}'", errors.display()))?;
    }
    held
}

/// The two processes of the hidden verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The one that makes the namespaces.
    Unshare(ProcessTree),
    /// The first in the pid namespace.
    First,
}

fn hold(command: &[String], step: Step, errors: &Path) -> Result<u8> {
    // Whoever started this may be killed.
    set_parent_process_death_signal(Some(Signal::KILL)).context("asking for the end with the parent (prctl(2))")?;
    let Step::Unshare(kind) = step else {
        explain(set_up())?;
        return run(command);
    };
    explain(unshare(detect_privilege(), kind))?;
    let mut first = Command::new(OWN_PROGRAM);
    let status = first.args([HOLD_PROCESS_TREE, "--first", "--errors"]).arg(errors).arg("--").args(command).status();
    Ok(exit_code(status.context("starting the first process of a pid namespace")?))
}

fn unshare(privilege: Privilege, kind: ProcessTree) -> Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    let network = if kind == ProcessTree::WithNetwork { UnshareFlags::NEWNET } else { UnshareFlags::empty() };
    let own = UnshareFlags::NEWPID | UnshareFlags::NEWNS | network;
    let makes_user_namespace = !privilege.is_root() && !has_more_ids();
    let flags = if makes_user_namespace { own | UnshareFlags::NEWUSER } else { own };
    // What is unsafe about it, are tables of open files, and these stay shared.
    #[allow(deprecated)]
    rustix::thread::unshare(flags).context("making namespaces (unshare(2)), as a container needs them")?;
    if makes_user_namespace {
        map_caller_to_root(uid, gid)?;
    }
    Ok(())
}

/// Whether this process is root of a user namespace with ids that a container may need, as in a sandbox with Nix's uid-range.
fn has_more_ids() -> bool {
    geteuid().is_root() && SubordinateIds::of_user_namespace().is_ok()
}

/// Lets the first process see no other process than those of the namespace.
fn set_up() -> Result<()> {
    mount::mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
        .context("keeping mounts from the rest of the host")?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount::mount("proc", "/proc", "proc", flags, None).context("mounting /proc of a pid namespace")?;
    hide_cgroups()
}

fn run(command: &[String]) -> Result<u8> {
    let (program, arguments) = command.split_first().context("no command to run")?;
    let status = Command::new(program).args(arguments).status();
    Ok(exit_code(status.with_context(|| format!("starting '{program}'"))?))
}

/// A sandbox has no cgroups. Outside of one, a runtime that is killed would leave those that it has made.
fn hide_cgroups() -> Result<()> {
    if fs::exists("/sys/fs/cgroup").unwrap_or(false) { CgroupView::Empty.show() } else { Ok(()) }
}
