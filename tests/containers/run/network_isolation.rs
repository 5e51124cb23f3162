//! What a container does not reach through its network, and what of the host pasta has.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::makedev;

use crate::support::lan::{Lan, NAME, Reach, Server, V4, V6, pasta_is_of};
use crate::support::nix;
use crate::support::runner::{USERS, all, container, prints};
use crate::support::runtime::Runtime;

/// Asks each of the addresses that its caller names.
const ASK: &str = r#"
for address; do
    if curl --silent --globoff --max-time 1 "http://$address/"; then :; else echo "nothing at $address"; fi
done
"#;

#[test]
fn the_hosts_loopback_is_out_of_reach() {
    let client = nix::build(&format!(
        r#"buildContainer {{
             name = "client";
             args = [ "${{pkgs.busybox}}/bin/sh" ];
             contents = [ pkgs.curl ];
             env.PATH = "/bin";
             network = "user";
             files."/ask".text = {};
           }}"#,
        nix::string(ASK)
    ));
    let folder = tempfile::TempDir::new().unwrap();
    fs::write(folder.path().join("index.html"), "secret\n").unwrap();
    for (runtime, uid) in all() {
        let lan = Lan::new(Reach::Both);
        let serve = |address: &str| {
            let mut command = lan.command(nix::program("busybox"));
            command.args(["httpd", "-f", "-p", address, "-h"]).arg(folder.path()).stderr(Stdio::null());
            Server::start(command)
        };
        let loopback = [serve("127.0.0.1:8000"), serve("[::1]:8000"), serve("127.0.0.53:8000")];
        let open = serve(&format!("{V4}:8001"));
        for address in ["127.0.0.1:8000".to_owned(), "[::1]:8000".to_owned(), format!("{V4}:8001")] {
            lan.answer("curl", &["--silent", "--fail", "--globoff", &format!("http://{address}/")]);
        }
        let closed = [
            "127.0.0.1:8000",
            "[::1]:8000",
            "127.0.0.53:8000",
            "10.0.2.2:8000",
            "10.0.2.100:8000",
            "169.254.1.1:8000",
            "[fe80::1%25eth0]:8000",
            "[fd6f:6369:2d62::53]:8000",
            "[fd6f:6369:2d62::100]:8000",
            "198.51.100.2:8000",
            "198.51.100.1:8000",
        ];
        let mut run = lan.wrapper(runtime, uid);
        run.arg(&client).args(["--", "/ask", &format!("{V4}:8001")]).args(closed);
        let nothing: String = closed.iter().map(|address| format!("nothing at {address}\n")).collect();
        assert_eq!(prints(run), format!("secret\n{nothing}"), "{runtime:?} {uid}");
        drop((loopback, open));
    }
}

/// Sends with a socket that another process connects meanwhile, to the loopback and to elsewhere in turn. The kernel may send to the one by
/// the route of the other.
const RACE: &str = r#"
import os, socket, sys, time
for family, far, near in ((socket.AF_INET, "203.0.113.9", "127.0.0.1"), (socket.AF_INET6, "2001:db8:99::1", "::1")):
    sender = socket.socket(family, socket.SOCK_DGRAM)
    end = time.monotonic() + 2
    if os.fork() == 0:
        while time.monotonic() < end:
            for _ in range(100):
                try:
                    sender.send(b"ping")
                except OSError:
                    pass
        os._exit(0)
    while time.monotonic() < end:
        for _ in range(100):
            sender.connect((far, 9))
            sender.connect((near, 8000))
    os.wait()
print("done")
"#;

/// Says what comes to port 8000 of UDP on the loopback.
const HEAR_PINGS: &str = r#"
import select, socket
servers = [socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_INET, socket.AF_INET6)]
for server, address in zip(servers, ("127.0.0.1", "::1")):
    server.bind((address, 8000))
print("ready", flush=True)
while True:
    for server in select.select(servers, [], [])[0]:
        print(server.recvfrom(100), flush=True)
"#;

/// No route that the kernel has looked up for elsewhere leads there.
#[test]
fn no_race_leads_to_the_hosts_loopback() {
    let racer = nix::build(&format!(
        r#"buildContainer {{
             name = "racer";
             args = [ "${{pkgs.python3}}/bin/python3" "-c" {} ];
             capabilities = [ ];
             network = "user";
           }}"#,
        nix::string(RACE)
    ));
    let folder = tempfile::TempDir::new().unwrap();
    for uid in USERS {
        let lan = Lan::new(Reach::Both);
        let heard = Heard::start(&lan, HEAR_PINGS, &folder.path().join("heard"));
        let mut run = lan.wrapper(Runtime::Crun, uid);
        run.arg(&*racer);
        assert_eq!(prints(run), "done\n", "{uid}");
        assert_eq!(heard.end(), "", "{uid}");
    }
}

/// pasta takes the port of the host that a container sends from, which could be another's that is published.
#[test]
fn no_container_chooses_a_port_of_the_host() {
    // At first by the loopback device, where the kernel could note that this keeps its port; of IPv6, that may be unreachable.
    let send = format!(
        "import socket\nfor family, address in ((socket.AF_INET, '{V4}'), (socket.AF_INET6, '{V6}')):\n    for device in \
         (b'lo', b''):\n        sender = socket.socket(family, socket.SOCK_DGRAM)\n        \
         sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)\n        sender.bind(('', 5353))\n        \
         sender.settimeout(5)\n        try:\n            sender.sendto(b'ping', (address, 8000))\n        except OSError:\n            \
         pass\n        if device:\n            sender.close()\n    print(sender.recv(100).decode())\n    sender.close()\n"
    );
    let hear = format!(
        "import select, socket\nservers = [socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_INET, \
         socket.AF_INET6)]\nfor server, address in zip(servers, ('{V4}', '{V6}')):\n    server.bind((address, \
         8000))\nprint('ready', flush=True)\nwhile True:\n    for server in select.select(servers, [], [])[0]:\n        client = \
         server.recvfrom(100)[1]\n        server.sendto(b'pong', client)\n        print(client[1], flush=True)\n"
    );
    let sender = nix::build(&format!(
        r#"buildContainer {{
             name = "sender";
             args = [ "${{pkgs.python3}}/bin/python3" "-c" {} ];
             capabilities = [ ];
             network = "user";
           }}"#,
        nix::string(&send)
    ));
    let folder = tempfile::TempDir::new().unwrap();
    for uid in USERS {
        let lan = Lan::new(Reach::Both);
        let heard = Heard::start(&lan, &hear, &folder.path().join("heard"));
        let mut run = lan.wrapper(Runtime::Crun, uid);
        run.arg(&*sender);
        assert_eq!(prints(run), "pong\npong\n", "{uid}");
        let ports: Vec<u16> = heard.end().lines().map(|line| line.parse().unwrap()).collect();
        assert_eq!(ports.len(), 2, "{uid}");
        assert!(ports.iter().all(|port| (32_768..61_000).contains(port)), "{uid}: {ports:?}");
    }
}

/// A program of the host that says what comes to it.
struct Heard {
    server: Server,
    file: PathBuf,
}

impl Heard {
    /// Starts it, and waits until it listens.
    fn start(lan: &Lan, program: &str, file: &Path) -> Self {
        let mut server = lan.command(nix::program("python3"));
        server.args(["-c", program]).stdout(fs::File::create(file).unwrap());
        let server = Server(server.spawn().unwrap());
        let begin = Instant::now();
        while fs::read_to_string(file).unwrap() != "ready\n" {
            assert!(begin.elapsed() < Duration::from_secs(20), "nobody hears");
            thread::sleep(Duration::from_millis(20));
        }
        Self { server, file: file.to_owned() }
    }

    /// What has come.
    fn end(self) -> String {
        drop(self.server);
        fs::read_to_string(self.file).unwrap().trim_start_matches("ready\n").to_owned()
    }
}

/// Says what comes to the ports for names on the loopback, of the addresses that nobody listens at.
const HEAR: &str = r#"
import select, socket
servers = []
for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        for port in (53, 853):
            server = socket.socket(family, kind)
            server.bind((address, port))
            if kind == socket.SOCK_STREAM:
                server.listen()
            servers.append(server)
print("ready", flush=True)
while True:
    for server in select.select(servers, [], [])[0]:
        if server.type == socket.SOCK_STREAM:
            server.accept()
        else:
            server.recvfrom(100)
        print(server.getsockname(), server.type, flush=True)
"#;

/// Asks for a name, and sends something to where a server for names could be.
const NAMES: &str = r#"
import socket, sys, time
for family, address in ((socket.AF_INET, "169.254.1.1"), (socket.AF_INET6, "fd6f:6369:2d62::53")):
    if address in sys.argv[2:]:
        continue
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        for port in (53, 853):
            sender = socket.socket(family, kind)
            sender.settimeout(0.3)
            try:
                sender.connect((address, port))
                for _ in range(3):
                    sender.send(b"ping")
                    time.sleep(0.05)
            except OSError:
                pass
try:
    print(sorted({found[4][0] for found in socket.getaddrinfo(sys.argv[1], None, socket.AF_INET)}))
except OSError:
    print("no such name")
"#;

/// pasta takes the host's loopback for a server that it has not found.
#[test]
fn no_server_for_names_is_the_hosts_loopback() {
    let asker = |others: &str| {
        nix::build(&format!(
            r#"buildContainer {{
                 name = "asker";
                 args = [ "${{pkgs.python3}}/bin/python3" "-c" {} "{NAME}" {others} ];
                 capabilities = [ ];
                 network = "user";
               }}"#,
            nix::string(NAMES)
        ))
    };
    // The host's own server has an address of IPv4.
    let (knowing, unknowing) = (asker("\"169.254.1.1\""), asker(""));
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("resolv.conf");
    let found = format!("['{V4}']\n");
    for (text, mode, asker, expected) in [
        ("nameserver 127.0.0.53\n", "644", &knowing, found.as_str()),
        // Not in the usual form, and for the one user of the host alone.
        ("  nameserver\t127.0.0.53\n", "600", &knowing, found.as_str()),
        ("", "644", &unknowing, "no such name\n"),
    ] {
        for (runtime, uid) in all() {
            let lan = Lan::new(Reach::Both);
            let heard = Heard::start(&lan, HEAR, &folder.path().join("heard"));
            fs::write(&file, text).unwrap();
            let file = file.display();
            let preparation =
                format!("chmod {mode} {file} && chown {uid}:{uid} {file} && mount --bind {file} /etc/resolv.conf");
            let mut run = lan.wrapper_prepared(&preparation, runtime, uid);
            run.arg(&**asker);
            let printed = prints(run);
            assert_eq!(heard.end(), "", "{runtime:?} {uid}: {text:?}");
            assert_eq!(printed, expected, "{runtime:?} {uid}: {text:?}");
        }
    }
}

/// Answers what is sent to port 8000 of UDP on the loopback.
const ANSWER: &str = r#"
import select, socket
servers = [socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_INET, socket.AF_INET6)]
for server, address in zip(servers, ("127.0.0.1", "::1")):
    server.bind((address, 8000))
while True:
    for server in select.select(servers, [], [])[0]:
        server.sendto(b"secret", server.recvfrom(100)[1])
"#;

/// Sends something to the loopback, and has it leave by eth0 if it can: each way takes no capability.
const SEND: &str = r#"
import socket, struct, sys
index = socket.if_nametoindex(sys.argv[1])
ways = {
    "device": lambda sender, family: sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode()),
    "interface": lambda sender, family: sender.setsockopt(
        *((0, 50) if family == socket.AF_INET else (41, 76)), struct.pack("!I", index)),
    "packet": lambda sender, family: None,
}
for name, choose in ways.items():
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        sender = socket.socket(family, socket.SOCK_DGRAM)
        sender.settimeout(0.5)
        packet = (0, 8, struct.pack("iII", index, 0, 0)) if family == socket.AF_INET else (41, 50, bytes(16) + struct.pack("i", index))
        try:
            choose(sender, family)
            sender.sendmsg([b"ping"], [packet] if name == "packet" else [], 0, (address, 8000))
            print(name, address, sender.recvfrom(100)[0].decode())
        except OSError:
            print(name, address, "nothing")
"#;

#[test]
fn no_device_leads_to_the_hosts_loopback() {
    let sender = nix::build(&format!(
        r#"buildContainer {{
             name = "sender";
             args = [ "${{pkgs.python3}}/bin/python3" "-c" {} "eth0" ];
             capabilities = [ ];
             network = "user";
           }}"#,
        nix::string(SEND)
    ));
    let python = nix::program("python3");
    for (runtime, uid) in all() {
        let lan = Lan::new(Reach::Both);
        let mut server = lan.command(&python);
        server.args(["-c", ANSWER]);
        let _server = Server::start(server);
        let ask = "exec 3<>/dev/udp/127.0.0.1/8000 && echo >&3 && timeout 1 head -c 6 <&3";
        assert_eq!(lan.answer("bash", &["-c", ask]), "secret");
        let mut run = lan.wrapper(runtime, uid);
        run.arg(&sender);
        let expected = ["device", "interface", "packet"]
            .map(|way| format!("{way} 127.0.0.1 nothing\n{way} ::1 nothing\n"))
            .concat();
        assert_eq!(prints(run), expected, "{runtime:?} {uid}");
    }
}

/// Sends something with a routing header (RFC 8754), which takes no capability: the destination of the packet is what the header says.
const ROUTE: &str = r#"
import socket, struct, sys, time
def sent():
    return int(open("/sys/class/net/eth0/statistics/tx_packets").read())
def address(text):
    return socket.inet_pton(socket.AF_INET6, text)
for way in sys.argv[1:]:
    header = struct.pack("!BBBBBBH", 0, 4, 4, 1, 1, 0, 0) + address("2001:db8::99") + address(way)
    sender = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RTHDR, header)
    before = sent()
    for _ in range(50):
        sender.sendto(b"ping", ("2001:db8::99", 8000))
    time.sleep(0.3)
    # The kernel may send something of its own.
    print(way, "leaves" if sent() - before >= 50 else "stays" if sent() - before < 25 else sent() - before)
"#;

/// pasta takes some addresses of IPv6 for others: the one that is none for ::1, and one of IPv4 that is mapped for that one.
#[test]
fn no_header_leads_to_the_hosts_loopback() {
    let ways = ["::1", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::127.0.0.1", "::ffff:0:127.0.0.1"];
    let sender = nix::build(&format!(
        r#"buildContainer {{
             name = "sender";
             args = [ "${{pkgs.python3}}/bin/python3" "-c" {} "2001:db8:99::1" {} ];
             capabilities = [ ];
             network = "user";
           }}"#,
        nix::string(ROUTE),
        ways.map(nix::string).join(" ")
    ));
    let expected = ways.map(|way| format!("{way} stays\n")).concat();
    for (runtime, uid) in all() {
        let lan = Lan::new(Reach::Both);
        let mut run = lan.wrapper(runtime, uid);
        run.arg(&sender);
        assert_eq!(prints(run), format!("2001:db8:99::1 leaves\n{expected}"), "{runtime:?} {uid}");
    }
}

#[test]
fn pasta_is_no_root_and_has_nothing_of_the_caller() {
    let bundle = container("exec sleep 1000", "network = \"user\";");
    for uid in USERS {
        let lan = Lan::new(Reach::V4);
        let mut run = lan.wrapper(Runtime::Crun, uid);
        // What a caller has open, and says in its environment, is not for pasta.
        run.args(["--publish", "18080:80"]).arg(&bundle).env("SECRET", "1");
        let _server = Server::start(run);
        lan.answer("bash", &["-c", "exec 3<>/dev/tcp/127.0.0.1/18080"]);
        let pasta = lan.pasta();
        let read = |name: &str| fs::read_to_string(format!("/proc/{pasta}/{name}")).unwrap();
        let status = read("status");
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        let expected = if uid == 0 { 1_879_048_192..2_147_483_648 } else { 1234..1235 };
        for id in field("Uid:").iter().chain(&field("Gid:")) {
            assert!(expected.contains(&id.parse::<u64>().unwrap()), "{uid}: {status}");
        }
        assert!(field("Groups:").is_empty() || uid != 0, "{status}");
        assert_eq!(read("environ"), "", "{uid}");
        // It can do nothing on the host, not even in its own user namespace what the host would notice: that is not the host's.
        let link = |pid: &str, kind: &str| fs::read_link(format!("/proc/{pid}/ns/{kind}")).unwrap();
        assert_ne!(link(&pasta.to_string(), "user"), link("self", "user"), "{uid}");
        assert_ne!(link(&pasta.to_string(), "mnt"), link("self", "mnt"), "{uid}");
        // No file of the host is open, but the device.
        let devices = [makedev(1, 3), makedev(10, 200)];
        let namespaces = fs::metadata("/proc/self/ns/net").unwrap().dev();
        let is_fine = |path: &Path| {
            // It may have been closed meanwhile.
            let Ok(file) = fs::metadata(path) else { return true };
            let is_device = file.file_type().is_char_device() && devices.contains(&file.rdev());
            let is_namespace = file.is_file() && file.dev() == namespaces;
            let name = fs::read_link(path).unwrap_or_default();
            let is_unnamed =
                ["pipe:", "socket:", "anon_inode:"].iter().any(|kind| name.to_string_lossy().starts_with(kind));
            // Versions of 2026 read who listens from their own /proc.
            let is_table = pasta_is_of(2026)
                && ["net/tcp", "net/tcp6", "net/udp", "net/udp6"].iter().any(|table| name.ends_with(table));
            is_device || is_namespace || is_unnamed || is_table
        };
        let others = || -> Vec<_> {
            let files = fs::read_dir(format!("/proc/{pasta}/fd")).unwrap().map(|file| file.unwrap().path());
            files.filter(|path| !is_fine(path)).map(|path| fs::read_link(path).unwrap_or_default()).collect()
        };
        // It listens before it has left the host's files.
        let mut found = others();
        for _ in 0..100 {
            if found.is_empty() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
            found = others();
        }
        assert!(found.is_empty(), "{uid}: {found:?}");
    }
}

#[test]
fn a_container_in_a_user_namespace_of_its_own_sees_its_own_network() {
    let look = container(
        "ls /sys/class/net; cat /sys/class/net/eth0/operstate",
        r#"
            network = "user";
            config.linux = {
              namespaces = map (type: { inherit type; }) [ "pid" "network" "ipc" "uts" "mount" "user" ];
              uidMappings = [ { containerID = 0; hostID = 100000; size = 1000; } ];
              gidMappings = [ { containerID = 0; hostID = 100000; size = 1000; } ];
            };
        "#,
    );
    let lan = Lan::new(Reach::V4);
    for runtime in crate::support::runtime::ALL {
        let mut run = lan.wrapper(runtime, 0);
        run.arg(&look);
        let seen = prints(run);
        assert!(seen.starts_with("eth0\nlo\n"), "{runtime:?}: {seen}");
    }
}

#[test]
fn a_dry_run_shows_what_is_asked_for() {
    let bundle = container("exit 0", "ports = [ \"18080:80\" ];");
    let mut run = Runtime::Crun.wrapper(0);
    run.arg("--dry-run").arg(&bundle);
    let output = run.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    for line in [
        "oci-bundle: note: pasta connects it with the network of the host\n",
        "oci-bundle: note: port 18080 of the host, on all its addresses, is handed on to port 80/tcp of the container\n",
    ] {
        assert!(said.contains(line), "{said}");
    }
}
