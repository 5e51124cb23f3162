//! runc and crun, with the store mounted read-only as it is on NixOS.

use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::nix;

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
        self.prints_under(bundle, |run| run)
    }

    /// What the container prints when this user, who is not root, runs it.
    pub fn prints_for_user(self, bundle: &Path, uid: u32) -> String {
        let (program, state, id) = (self.program(), TempDir::new().unwrap(), Self::id());
        chown(state.path(), Some(uid), Some(uid)).unwrap();
        let mut run = self.command_for_user(&program, uid);
        run.arg("--root").arg(state.path()).args(["run", "--bundle"]).arg(bundle).arg(id);
        let output = run.env("XDG_RUNTIME_DIR", state.path()).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{self:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What the container prints on a terminal that script(1) makes.
    pub fn prints_in_terminal(self, bundle: &Path) -> String {
        self.prints_under(bundle, |run| {
            let words = [run.get_program()].into_iter().chain(run.get_args());
            let words = words.map(|word| format!("'{}'", word.to_str().unwrap().replace('\'', r"'\''")));
            let line = words.collect::<Vec<_>>().join(" ");
            let mut script = Command::new("script");
            script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
            script
        })
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
        let (program, state, id) = (self.program(), TempDir::new().unwrap(), Self::id());
        let mut run = self.command(&program);
        run.arg("--root").arg(state.path()).args(["run", "--bundle"]).arg(bundle).arg(&id);
        let mut run = wrap(run);
        let run = run.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Container { runtime: self, program, state, id, run: Some(run) }
    }

    fn program(self) -> PathBuf {
        match self {
            Self::Runc => nix::program("runc"),
            Self::Crun => nix::program("crun"),
        }
    }

    /// A container's name that no other has.
    fn id() -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        format!("oci-bundle-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
    }

    /// `oci-bundle run` with this runtime, for root or for another user.
    pub fn launcher(self, uid: u32) -> Command {
        self.launcher_prepared("true", uid)
    }

    /// The same, after a command of the shell has changed what of the machine it sees.
    pub fn launcher_prepared(self, preparation: &str, uid: u32) -> Command {
        self.launcher_of(&self.program(), preparation, uid)
    }

    /// The same with another program as the runtime.
    pub fn launcher_of(self, runtime: &Path, preparation: &str, uid: u32) -> Command {
        let mut run = self.command_prepared(preparation, &nix::program("oci-bundle"), uid);
        run.args(["run", "--runtime"]).arg(runtime);
        run.stdin(Stdio::null());
        run
    }

    /// A program that this user starts, with the store and the cgroups as the runtime needs them.
    pub fn command_for_user(self, program: &Path, uid: u32) -> Command {
        self.command_prepared("true", program, uid)
    }

    fn command_prepared(self, preparation: &str, program: &Path, uid: u32) -> Command {
        if uid == 0 {
            return self.command_after(preparation, program);
        }
        let mut command = self.command_after(preparation, Path::new("setpriv"));
        let user = [format!("--reuid={uid}"), format!("--regid={uid}"), "--clear-groups".to_owned()];
        command.args(user).arg(program);
        command
    }

    /// Runs a program with the store and the cgroups as the runtime needs them.
    fn command(self, program: &Path) -> Command {
        self.command_after("true", program)
    }

    fn command_after(self, preparation: &str, program: &Path) -> Command {
        let view = match self {
            // crun refuses a machine that mixes the two versions of cgroups. The controllers are those of the first then,
            // and with the second out of sight crun uses them, so that limits hold.
            Self::Crun if Path::new("/sys/fs/cgroup/unified/cgroup.procs").exists() => {
                "umount /sys/fs/cgroup/unified &&"
            }
            _ => "",
        };
        let script = format!(
            "mount --bind /nix/store /nix/store && mount -o remount,bind,ro /nix/store && {view} {preparation} && exec \"$@\""
        );
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", &script, "sh"]).arg(program);
        command
    }
}

/// A container that was started. It is killed and deleted when a test ends without having waited for it.
pub struct Container {
    runtime: Runtime,
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
        let mut command = self.runtime.command(&self.program);
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
