//! The containers of one user, who has a registry of its own, and what must be left of them: nothing.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::cgroup::Cgroup;
use crate::support::nix;
use crate::support::runtime::{Runtime, command_prepared};

/// How long a test waits for something to happen on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A test that has one fails at its end if a process, a record, a mount or a cgroup is left.
pub struct Life {
    pub runtime: Runtime,
    pub uid: u32,
    program: PathBuf,
    /// Where the registry is.
    folder: TempDir,
    /// What the commands are started by, with its words.
    prefix: Vec<String>,
    /// What the registry is on, if it is small.
    disk: Option<SmallDisk>,
    /// All processes that are started are in it, whatever they do with the groups that have controllers.
    cgroup: Cgroup,
    /// What runtimes have called the containers that were seen.
    ids: RefCell<BTreeSet<String>>,
}

impl Life {
    pub fn new(runtime: Runtime, uid: u32) -> Self {
        let folder = TempDir::with_prefix("oci-life").unwrap();
        fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        chown(folder.path(), Some(uid), Some(uid)).unwrap();
        let program = nix::program("oci-bundle");
        Self {
            runtime,
            uid,
            program,
            folder,
            prefix: Vec::new(),
            disk: None,
            cgroup: Cgroup::new(),
            ids: RefCell::default(),
        }
    }

    /// The same, with commands that are started by others, given by their words.
    pub fn within(runtime: Runtime, uid: u32, prefix: &[&str]) -> Self {
        let mut life = Self::new(runtime, uid);
        life.prefix = prefix.iter().map(|word| (*word).to_owned()).collect();
        life
    }

    /// The same, with a registry on a small disk.
    pub fn with_small_disk(runtime: Runtime, uid: u32) -> Self {
        let mut life = Self::new(runtime, uid);
        let disk = SmallDisk::new(life.folder(), uid);
        life.prefix = ["nsenter".to_owned(), format!("--mount=/proc/{}/ns/mnt", disk.0.id()), "--".to_owned()].into();
        life.disk = Some(disk);
        life
    }

    /// Where the registry is: `$XDG_RUNTIME_DIR` of an ordinary user, and what root has at `/run/oci-bundle`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The directory of a container.
    pub fn directory(&self, name: &str) -> PathBuf {
        let registry = if self.uid == 0 { self.folder().to_owned() } else { self.folder().join("oci-bundle") };
        registry.join("containers").join(name)
    }

    /// `oci-bundle` with these words.
    pub fn command(&self, words: &[&str]) -> Command {
        self.command_after("true", words)
    }

    /// The same, after a command of the shell.
    pub fn command_after(&self, preparation: &str, words: &[&str]) -> Command {
        let group = self.cgroup.path.display();
        let registry = match self.uid {
            0 => format!("mkdir -p -m 700 /run/oci-bundle && mount --bind {} /run/oci-bundle", self.folder().display()),
            _ => format!("export XDG_RUNTIME_DIR={}", self.folder().display()),
        };
        let preparation = format!("echo $$ >{group}/cgroup.procs && {registry} && {preparation}");
        let started = command_prepared(&preparation, &self.program, self.uid);
        let all = self.prefix.iter().map(AsRef::as_ref).chain([started.get_program()]).chain(started.get_args());
        let all: Vec<_> = all.collect();
        let mut command = Command::new(all[0]);
        command.args(&all[1..]).args(words).stdin(Stdio::null());
        command
    }

    /// `oci-bundle run` with this runtime.
    pub fn run(&self, words: &[&str]) -> Command {
        let runtime = self.runtime.program();
        self.command(&[&["run", "--runtime", runtime.to_str().unwrap()], words].concat())
    }

    /// Starts a detached container of this name, with other words of `run`.
    pub fn detach(&self, name: &str, words: &[&str], bundle: &Path) {
        let mut run = self.run(&["--detach", "--name", name]);
        let output = run.args(words).arg(bundle).output().unwrap();
        assert!(output.status.success(), "{self}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{name}\n"), "{self}: {output:?}");
        self.listed();
    }

    /// Starts a container in the foreground, and waits until it runs.
    pub fn attend(&self, name: &str, words: &[&str], bundle: &Path) -> Child {
        let mut run = self.run(&["--name", name]);
        let run = run.args(words).arg(bundle).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        self.wait_for(|| self.state(name) == "running", name);
        run
    }

    pub fn output(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// What a command prints, which is to succeed and to say nothing else.
    pub fn prints(&self, words: &[&str]) -> String {
        let output = self.output(words);
        assert!(output.status.success() && output.stderr.is_empty(), "{self}: {words:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The line of a command that is to fail.
    pub fn refusal(&self, words: &[&str]) -> String {
        refusal(&self.output(words))
    }

    /// What `ps --json` lists.
    pub fn listed(&self) -> Vec<Value> {
        let listed: Vec<Value> = serde_json::from_str(&self.prints(&["ps", "--json"])).unwrap();
        self.ids.borrow_mut().extend(listed.iter().map(|container| container["id"].as_str().unwrap().to_owned()));
        listed
    }

    /// What `ps --json` has of a container.
    pub fn container(&self, name: &str) -> Option<Value> {
        self.listed().into_iter().find(|container| container["name"] == name)
    }

    /// What a container does, or nothing if there is none.
    pub fn state(&self, name: &str) -> String {
        self.container(name).map_or_else(String::new, |container| container["state"].as_str().unwrap().to_owned())
    }

    /// The process that stays with a container.
    pub fn monitor(&self, name: &str) -> u32 {
        let pid = self.container(name).unwrap()["pid"].as_u64().unwrap();
        u32::try_from(pid).unwrap()
    }

    pub fn wait_for(&self, is_so: impl Fn() -> bool, what: &str) {
        let begin = Instant::now();
        while !is_so() {
            assert!(begin.elapsed() < PATIENCE, "{self}: waiting for {what}: {:?}", self.listed());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until a container prints this.
    pub fn wait_for_log(&self, name: &str, text: &str) {
        let has_it = || String::from_utf8_lossy(&self.output(&["logs", name]).stdout).contains(text);
        self.wait_for(has_it, text);
    }

    /// The processes that are there, those that runtimes have put into other groups included.
    pub fn processes(&self) -> Vec<u32> {
        let ids = self.ids.borrow();
        let name = self.cgroup.name();
        let names: Vec<_> = ids.iter().map(String::as_str).chain([name]).collect();
        let is_here = |pid: &u32| {
            let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
            groups.lines().any(|line| line.split('/').any(|part| names.contains(&part)))
        };
        let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
        pids.filter(is_here).collect()
    }

    /// Those of these words.
    pub fn processes_of(&self, words: &str) -> Vec<u32> {
        self.processes().into_iter().filter(|pid| words_of(*pid).starts_with(words)).collect()
    }

    /// Checks that nothing is left, but for what the next `ps` removes.
    fn check(&self) {
        assert_eq!(self.listed(), Vec::<Value>::new(), "{self}");
        let begin = Instant::now();
        while !self.processes().is_empty() {
            let left: Vec<_> = self.processes().into_iter().map(words_of).collect();
            assert!(begin.elapsed() < PATIENCE, "{self}: processes are left: {left:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        if let Ok(left) = self.directory("").read_dir() {
            let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).filter(|name| name != ".lock").collect();
            assert!(left.is_empty(), "{self}: records are left: {left:?}");
        }
        let null = fs::metadata("/dev/null").unwrap();
        let null = (null.uid(), null.gid(), null.mode() & 0o7777);
        assert_eq!(
            null,
            (0, 0, 0o666),
            "{self}: /dev/null has another owner or mode: 'chown 0:0' and 'chmod 666' mend it"
        );
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let folder = self.folder().to_str().unwrap();
        assert!(!mounts.contains(folder), "{self}: mounts are left: {mounts}");
        for id in self.ids.borrow().iter() {
            assert!(!mounts.contains(id), "{self}: mounts are left: {mounts}");
            let mut find = Command::new("find");
            // The process may have had the number of the user, whose registry is called like its container then.
            let registry = format!("/tmp/oci-bundle-{}", self.uid);
            find.args(["/run", "/tmp", "/sys/fs/cgroup", "-name", id, "-not", "-path", &registry]);
            let found = find.output().unwrap();
            assert_eq!(String::from_utf8_lossy(&found.stdout), "", "{self}: directories are left");
        }
    }
}

/// The line that is said by a command that has failed.
pub fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(output.stdout.is_empty(), "{output:?}");
    said.strip_prefix("oci-bundle: ").unwrap_or_else(|| panic!("{said}")).trim_end().to_owned()
}

/// The command line of a process.
pub fn words_of(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default().replace('\0', " ")
}

impl std::fmt::Display for Life {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} of user {}", self.runtime, self.uid)
    }
}

/// A process with a mount namespace in which a directory is a small tmpfs.
struct SmallDisk(Child);

impl SmallDisk {
    fn new(folder: &Path, uid: u32) -> Self {
        let mount = format!("mount -t tmpfs -o size=200k,mode=700,uid={uid},gid={uid} small {}", folder.display());
        let script = format!("{mount} && echo ready && exec sleep infinity");
        let mut holder = Command::new("unshare");
        let mut holder = holder.args(["--mount", "sh", "-c", &script]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self(holder)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // Else the test has failed already, and says why. The cgroup ends what is left.
        if !std::thread::panicking() {
            self.check();
        }
    }
}
