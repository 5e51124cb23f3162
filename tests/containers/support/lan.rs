//! A host with a network of its own, so that no test takes a port of another, and each host has the addresses that it is to have.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::runtime::{Runtime, command_prepared};
use crate::support::terminal::Terminal;

/// How long a test waits for something to be there.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the host has of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Addresses and routes of both versions.
    Both,
    V4,
    V6,
    /// Loopback alone.
    Nothing,
}

/// The host's addresses, and the name that its resolver knows.
pub const V4: &str = "198.51.100.2";
pub const V6: &str = "2001:db8:1::2";
pub const NAME: &str = "host.lan.test";

pub struct Lan {
    holder: Child,
    resolver: Child,
    folder: TempDir,
}

impl Lan {
    pub fn new(reach: Reach) -> Self {
        let v4 = format!("ip address add {V4}/24 dev eth0 && ip route add default via 198.51.100.1");
        let v6 = format!("ip address add {V6}/64 dev eth0 nodad && ip -6 route add default via 2001:db8:1::1");
        let device = "ip link add eth0 type veth peer name far && ip link set eth0 up && ip link set far up";
        let commands = match reach {
            Reach::Both => format!("{device} && {v4} && {v6}"),
            Reach::V4 => format!("{device} && {v4}"),
            Reach::V6 => format!("{device} && {v6}"),
            Reach::Nothing => "true".to_owned(),
        };
        let mut holder = Command::new("unshare");
        let script = format!("ip link set lo up && {commands} && echo ready && exec sleep infinity");
        let mut holder = holder.args(["--net", "sh", "-c", &script]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        let folder = TempDir::new().unwrap();
        fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let server = if reach == Reach::V6 { "::1" } else { "127.0.0.53" };
        fs::write(folder.path().join("resolv.conf"), format!("nameserver {server}\nsearch lan.test\n")).unwrap();
        let mut resolver = within(&holder, Path::new("dnsmasq"));
        resolver.args(["--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces"]);
        resolver.args([&format!("--listen-address={server}"), &format!("--host-record={NAME},{V4},{V6}")]);
        // It would not be root, who alone can end what a test leaves.
        resolver.args(["--user=root", "--no-ping"]).stdout(Stdio::null()).stderr(Stdio::null());
        let resolver = resolver.spawn().unwrap();
        Self { holder, resolver, folder }
    }

    /// A program of the host.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        within(&self.holder, program.as_ref())
    }

    /// `oci-bundle run` on the host, for this user.
    pub fn wrapper(&self, runtime: Runtime, uid: u32) -> Command {
        self.wrapper_prepared("true", runtime, uid)
    }

    /// The same, after a command of the shell has changed what of the machine it sees.
    pub fn wrapper_prepared(&self, preparation: &str, runtime: Runtime, uid: u32) -> Command {
        let mut run = self.on_host(&runtime.wrapper_prepared(&self.with_resolver(preparation), uid));
        run.stdin(Stdio::null());
        run
    }

    /// A program of this user on the host, after a command of the shell has changed what of the machine it sees.
    pub fn command_prepared(&self, preparation: &str, program: &Path, uid: u32) -> Command {
        self.on_host(&command_prepared(&self.with_resolver(preparation), program, uid))
    }

    fn with_resolver(&self, preparation: &str) -> String {
        format!("mount --bind {} /etc/resolv.conf && {preparation}", self.folder.path().join("resolv.conf").display())
    }

    fn on_host(&self, command: &Command) -> Command {
        let mut within = self.command(Path::new(command.get_program()));
        within.args(command.get_args());
        within
    }

    /// What a program of the host prints, once it succeeds.
    pub fn answer(&self, program: &str, args: &[&str]) -> String {
        let begin = Instant::now();
        loop {
            let output = self.command(program).args(args).output().unwrap();
            if output.status.success() {
                return String::from_utf8(output.stdout).unwrap();
            }
            assert!(begin.elapsed() < PATIENCE, "{program} {args:?}: {output:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The processes in this network, but for those that make it.
    pub fn processes(&self) -> Vec<u32> {
        let network = |pid: u32| fs::read_link(format!("/proc/{pid}/ns/net")).ok();
        let own = network(self.holder.id());
        let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
        pids.filter(|pid| ![self.holder.id(), self.resolver.id()].contains(pid) && network(*pid) == own).collect()
    }

    /// The number of the process pasta.
    pub fn pasta(&self) -> u32 {
        let is_pasta =
            |pid: &u32| fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|words| words.starts_with(b"pasta\0"));
        // For a moment, it has a child that does something in the other network.
        let begin = Instant::now();
        loop {
            let found: Vec<_> = self.processes().into_iter().filter(is_pasta).collect();
            if let [pasta] = found[..] {
                return pasta;
            }
            assert!(begin.elapsed() < PATIENCE, "{found:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until nothing runs there that a test has started.
    pub fn wait_for_quiet(&self) {
        let begin = Instant::now();
        while !self.processes().is_empty() {
            let words =
                |pid: &u32| fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default().replace('\0', " ");
            let left: Vec<_> = self.processes().iter().map(words).collect();
            assert!(begin.elapsed() < PATIENCE, "{left:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A program in the network of a process.
fn within(holder: &Child, program: &Path) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--net=/proc/{}/ns/net", holder.id())).arg("--").arg(program);
    command
}

impl Drop for Lan {
    fn drop(&mut self) {
        for child in [&mut self.resolver, &mut self.holder] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A run that goes on until it is killed, with all that belongs to it.
pub struct Server(pub Child);

impl Server {
    pub fn start(mut run: Command) -> Self {
        Self(run.stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether this machine's pasta is from this year, such as `pasta 0.0~git20261002.cba3570-1`. That of 2025 says so at a terminal alone.
pub fn pasta_is_of(year: u32) -> bool {
    let mut terminal = Terminal::start(Command::new("pasta").arg("--version"));
    terminal.wait_for("Copyright").contains(&format!("git{year}"))
}

/// Whether it is from 2025 or later.
pub fn pasta_is_new() -> bool {
    pasta_is_of(2025) || pasta_is_of(2026)
}
