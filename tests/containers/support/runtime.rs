//! runc and crun, by themselves and under `oci-bundle run`. The store can be written to, unless a test says otherwise, so that
//! nothing keeps a bundle as it is but the program.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::nix;

/// An OCI runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    Runc,
    Crun,
}

/// Every runtime that a bundle has to start under.
pub const ALL: [Runtime; 2] = [Runtime::Runc, Runtime::Crun];

impl Runtime {
    /// Runs the bundle to its end.
    pub fn run(self, bundle: &Path) -> Output {
        self.start(bundle).wait()
    }

    /// What the container prints; it is to succeed.
    pub fn prints(self, bundle: &Path) -> String {
        self.bare().prints(bundle)
    }

    /// What the container prints when this user runs it, who is not root and so cannot write to the store.
    pub fn prints_for_user(self, bundle: &Path, uid: u32) -> String {
        let (program, state, id) = (self.program(), TempDir::new().unwrap(), id());
        chown(state.path(), Some(uid), Some(uid)).unwrap();
        let mut run = self.bare().command(&program, uid);
        run.arg("--root").arg(state.path()).args(["run", "--bundle"]).arg(bundle).arg(id);
        let output = run.env("XDG_RUNTIME_DIR", state.path()).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{self:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What the container prints on a terminal that script(1) makes.
    pub fn prints_in_terminal(self, bundle: &Path) -> String {
        self.bare().prints_under(bundle, |run| {
            let words = [run.get_program()].into_iter().chain(run.get_args());
            let words = words.map(|word| format!("'{}'", word.to_str().unwrap().replace('\'', r"'\''")));
            let line = words.collect::<Vec<_>>().join(" ");
            let mut script = Command::new("script");
            script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
            script
        })
    }

    /// Starts the bundle.
    pub fn start(self, bundle: &Path) -> Container {
        self.bare().start(bundle)
    }

    /// The runtime by itself, without `oci-bundle run`, on the machine as it is.
    fn bare(self) -> Bare {
        Bare { runtime: self, is_sealed: false }
    }

    /// The runtime by itself, with the store mounted read-only as it is on NixOS. Where it is not, what a container writes to
    /// its root goes into the bundle, unless that is `readonly`.
    pub fn sealed(self) -> Bare {
        Bare { runtime: self, is_sealed: true }
    }

    pub fn program(self) -> PathBuf {
        match self {
            Self::Runc => nix::program("runc"),
            Self::Crun => nix::program("crun"),
        }
    }

    /// `oci-bundle run` with this runtime, for root or for another user.
    pub fn wrapper(self, uid: u32) -> Command {
        self.wrapper_prepared("true", uid)
    }

    /// The same, after a command of the shell has changed what of the machine it sees.
    pub fn wrapper_prepared(self, preparation: &str, uid: u32) -> Command {
        wrapper_of(&self.program(), preparation, uid)
    }
}

/// `oci-bundle run` with any program as the runtime.
pub fn wrapper_of(runtime: &Path, preparation: &str, uid: u32) -> Command {
    let mut run = command_prepared(preparation, &nix::program("oci-bundle"), uid);
    run.args(["run", "--runtime"]).arg(runtime);
    run.stdin(Stdio::null());
    run
}

/// A program that this user starts, and that starts `oci-bundle run`.
pub fn command_for_user(program: &Path, uid: u32) -> Command {
    command_prepared("true", program, uid)
}

/// A runtime that is started by itself.
#[derive(Clone, Copy, Debug)]
pub struct Bare {
    runtime: Runtime,
    /// Whether the store is mounted read-only.
    is_sealed: bool,
}

impl Bare {
    /// What the container prints; it is to succeed.
    pub fn prints(self, bundle: &Path) -> String {
        self.prints_under(bundle, |run| run)
    }

    fn prints_under(self, bundle: &Path, wrap: impl FnOnce(Command) -> Command) -> String {
        let output = self.start_under(bundle, wrap).wait();
        assert!(output.status.success(), "{self:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts the bundle.
    pub fn start(self, bundle: &Path) -> Container {
        self.start_under(bundle, |run| run)
    }

    /// Starts the bundle with another command than the runtime's own.
    fn start_under(self, bundle: &Path, wrap: impl FnOnce(Command) -> Command) -> Container {
        assert!(
            self.is_sealed || !is_written_to(bundle),
            "the bundle is in the store and not 'readonly', so a runtime by itself writes to it: start it with 'sealed()', or \
             start a copy (tree::writable)"
        );
        let (program, state, id) = (self.runtime.program(), TempDir::new().unwrap(), id());
        let mut run = self.command(&program, 0);
        run.arg("--root").arg(state.path()).args(["run", "--bundle"]).arg(bundle).arg(&id);
        let mut run = wrap(run);
        // Nothing is read. In a user namespace, crun by itself would give /dev/null to the container's user.
        let mut run = run.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(run.stdin.take());
        Container { runtime: self, program, state, id, run: Some(run) }
    }

    /// The runtime, or what starts it, with the store and the cgroups as they are to be.
    pub fn command(self, program: &Path, uid: u32) -> Command {
        let cgroups = self.with_one_version_of_cgroups();
        let seal = "mount --bind /nix/store /nix/store && mount -o remount,bind,ro /nix/store";
        let preparation = if self.is_sealed { format!("{cgroups} && {seal}") } else { cgroups.to_owned() };
        command_prepared(&preparation, program, uid)
    }

    /// By itself, crun refuses a machine that mixes the two versions of cgroups. The controllers are those of the first then, and
    /// with the second out of sight crun uses them, so that limits hold.
    fn with_one_version_of_cgroups(self) -> &'static str {
        match self.runtime {
            Runtime::Crun if Path::new("/sys/fs/cgroup/unified/cgroup.procs").exists() => {
                "umount /sys/fs/cgroup/unified"
            }
            _ => "true",
        }
    }
}

/// Whether what a container of this bundle writes to its root is in the store afterwards.
fn is_written_to(bundle: &Path) -> bool {
    let config = fs::read_to_string(bundle.join("config.json")).unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    bundle.starts_with("/nix/store") && config["root"]["readonly"] != true
}

/// A container's name that no other has.
fn id() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("oci-bundle-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Runs a program for a user, after a command of the shell, in a mount namespace of its own. It is the process that is started.
pub fn command_prepared(preparation: &str, program: &Path, uid: u32) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &format!("{preparation} && exec \"$@\""), "sh"]);
    if uid != 0 {
        command.args(["setpriv", &format!("--reuid={uid}"), &format!("--regid={uid}"), "--clear-groups"]);
    }
    command.arg(program);
    command
}

/// A container that was started. It is killed and deleted when a test ends without having waited for it.
pub struct Container {
    runtime: Bare,
    program: PathBuf,
    state: TempDir,
    id: String,
    /// The runtime that runs it, until it was waited for.
    run: Option<Child>,
}

impl Container {
    /// Sends a signal to the container's first process.
    pub fn kill(&self, signal: &str) {
        let output = self.command(&["kill", &self.id, signal]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// Waits for the end. `run` of a runtime deletes the container then.
    pub fn wait(mut self) -> Output {
        self.run.take().unwrap().wait_with_output().unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.runtime.command(&self.program, 0);
        command.arg("--root").arg(self.state.path()).args(args);
        command
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if let Some(mut run) = self.run.take() {
            // Nothing is asserted here: the test has failed already, and says why.
            let _ = run.kill();
            let _ = run.wait();
            let _ = self.command(&["delete", "--force", &self.id]).output();
        }
    }
}
