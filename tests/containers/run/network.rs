//! The networks of `oci-bundle run`: what a container reaches, and who reaches it.

use std::process::Stdio;

use crate::support::built::Built;
use crate::support::lan::{Lan, NAME, Reach, Server, V4, V6, pasta_is_new, pasta_is_of};
use crate::support::nix;
use crate::support::runner::{USERS, all, container, prints};
use crate::support::runtime::Runtime;

/// A container with a web server on port 80.
fn server(arguments: &str) -> Built {
    container(
        "mkdir /tmp/web && echo \"hello from $SERVER\" >/tmp/web/index.html && exec httpd -f -p 80 -h /tmp/web",
        &format!("ports = [ 80 ]; {arguments}"),
    )
}

/// A container that runs curl with the words of its caller.
fn client() -> Built {
    nix::build(
        r#"buildContainer {
             name = "client";
             args = [ "${pkgs.curl}/bin/curl" ];
             contents = [ pkgs.busybox ];
             env.PATH = "/bin";
           }"#,
    )
}

const CURL: [&str; 4] = ["--silent", "--show-error", "--max-time", "5"];

#[test]
fn two_containers_and_the_host_talk() {
    let (server, client) = (server(""), client());
    for (runtime, uid) in all() {
        let lan = Lan::new(Reach::Both);
        let servers = [("18080:80", "a"), ("18081:80", "b")].map(|(port, name)| {
            let mut run = lan.wrapper(runtime, uid);
            run.args(["--publish", port, "--env", &format!("SERVER={name}")]).arg(&server);
            Server::start(run)
        });
        for (port, name) in [("18080", "a"), ("18081", "b")] {
            for host in ["127.0.0.1", "[::1]", V4, &format!("[{V6}]")] {
                let url = format!("http://{host}:{port}/");
                let answer = lan.answer("curl", &[&CURL[..], &["--globoff", &url]].concat());
                assert_eq!(answer, format!("hello from {name}\n"), "{runtime:?} {uid} {url}");
            }
        }
        // A third one asks both, by a name that only the host's resolver knows, by the name of the host, and by IPv6.
        let mut run = lan.wrapper(runtime, uid);
        run.args(["--network", "user"]).arg(&client).arg("--").args(CURL).arg("--globoff");
        let v6 = format!("http://[{V6}]:18081/");
        let named = format!("http://{NAME}:18080/");
        run.args([&named, "http://host:18081/", "http://host.containers.internal:18080/", &v6]);
        let expected = "hello from a\nhello from b\nhello from a\nhello from b\n";
        assert_eq!(prints(run), expected, "{runtime:?} {uid}");
        drop(servers);
        lan.wait_for_quiet();
    }
}

/// A container that answers each packet on port 5353 of UDP with the same.
fn echo() -> Built {
    let script = "import socket\nserver = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)\nserver.bind(('::', 5353))\n\
                  while True:\n    server.sendto(*server.recvfrom(100))\n";
    let script = nix::string(script);
    nix::build(&format!(
        r#"buildContainer {{
             name = "echo";
             args = [ "${{pkgs.python3}}/bin/python3" "-c" {script} ];
             ports = [ "5353/udp" ];
           }}"#
    ))
}

#[test]
fn a_port_of_udp_is_handed_on() {
    let (echo, server) = (echo(), server(""));
    for (runtime, uid) in all() {
        let lan = Lan::new(Reach::Both);
        let _echos = ["15353:5353/udp", "5353:5353/udp"].map(|port| {
            let mut run = lan.wrapper(runtime, uid);
            run.args(["-p", port]).arg(&echo);
            Server::start(run)
        });
        let asked: &[_] = &[(V4, 15353), (V6, 15353), ("127.0.0.1", 5353), ("::1", 5353)];
        // Over the host's loopback, there are answers through pasta from 2025 on alone.
        let asked = if pasta_is_new() { asked } else { &asked[..2] };
        for (host, port) in asked {
            // Until the server is there.
            let ask = format!("exec 3<>/dev/udp/{host}/{port} && echo ping >&3 && timeout 1 head -c 5 <&3");
            assert_eq!(lan.answer("bash", &["-c", &ask]), "ping\n", "{runtime:?} {uid} {host}");
        }
        // The port of TCP is another, and one address is no other.
        let mut run = lan.wrapper(runtime, uid);
        run.args(["-p", "127.0.0.1:15353:80"]).arg(&server);
        let _server = Server::start(run);
        lan.answer("curl", &[&CURL[..], &["http://127.0.0.1:15353/"]].concat());
        let output = lan.command("curl").args(CURL).arg(format!("http://{V4}:15353/")).output().unwrap();
        assert_eq!(output.status.code(), Some(7), "{output:?}");
    }
}

/// As many as one who speaks to many publishes: the kernel takes no more than 200 KiB of rules at once.
#[test]
fn many_ports_of_udp_are_handed_on() {
    let echo = echo();
    let lan = Lan::new(Reach::Both);
    let mut run = lan.wrapper(Runtime::Crun, 0);
    run.args((20_000..20_300).flat_map(|port| ["-p".to_owned(), format!("{port}:{port}/udp")]));
    run.args(["-p", "15353:5353/udp"]).arg(&echo);
    let _echo = Server::start(run);
    let ask = format!("exec 3<>/dev/udp/{V4}/15353 && echo ping >&3 && timeout 1 head -c 5 <&3");
    assert_eq!(lan.answer("bash", &["-c", &ask]), "ping\n");
}

/// Who is in the container learns a client's port, and does not speak to others who have it on the host's loopback.
#[test]
fn an_answer_of_udp_goes_to_who_has_asked() {
    let hear = "import socket\nserver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nserver.bind(('127.0.0.1', 40002))\n\
                server.settimeout(8)\ntry:\n    print(server.recvfrom(100))\nexcept OSError:\n    print('nothing')\n";
    let ask = "import socket\nclient = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nclient.bind(('127.0.0.53', 40002))\n\
               client.settimeout(0.3)\nanswers = 0\nfor _ in range(10):\n    client.sendto(b'ping', ('127.0.0.1', 5353))\n    \
               try:\n        answers += client.recv(100) == b'ping'\n    except OSError:\n        pass\nprint(answers > 0)\n";
    let echo = echo();
    let python = nix::program("python3");
    for uid in USERS {
        let lan = Lan::new(Reach::Both);
        let mut run = lan.wrapper(Runtime::Crun, uid);
        run.args(["-p", "5353:5353/udp"]).arg(&echo);
        let _echo = Server::start(run);
        let question = format!("exec 3<>/dev/udp/{V4}/5353 && echo ping >&3 && timeout 1 head -c 5 <&3");
        assert_eq!(lan.answer("bash", &["-c", &question]), "ping\n", "{uid}");
        let hearing = lan.command(&python).args(["-c", hear]).stdout(std::process::Stdio::piped()).spawn().unwrap();
        let asked = lan.command(&python).args(["-c", ask]).output().unwrap();
        let is_answered = if pasta_is_new() { "True\n" } else { "False\n" };
        assert_eq!(String::from_utf8_lossy(&asked.stdout), is_answered, "{uid}: {asked:?}");
        let heard = hearing.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&heard.stdout), "nothing\n", "{uid}");
        let mut run = lan.wrapper(Runtime::Crun, uid);
        run.args(["-p", "127.0.0.1:15353:5353/udp"]).arg(&echo).stderr(std::process::Stdio::piped());
        if !pasta_is_new() {
            let mut high = lan.wrapper(Runtime::Crun, uid);
            high.args(["-p", "40000:5353/udp"]).arg(&echo).stderr(std::process::Stdio::piped());
            let said = crate::support::runner::refusal(high);
            assert!(said.contains("or publish on a port below 32768"), "{said}");
            let said = crate::support::runner::refusal(run);
            assert!(said.contains("publishing 127.0.0.1:15353:5353/udp: "), "{said}");
            assert!(said.contains("takes clients of UDP on a loopback for others; install a newer passt, or publish on another address"), "{said}");
        }
    }
}

#[test]
fn a_thousand_requests_are_answered() {
    let server = server("");
    for uid in USERS {
        let lan = Lan::new(Reach::Both);
        let mut run = lan.wrapper(Runtime::Crun, uid);
        run.args(["--publish", "18080:80", "--env", "SERVER=many"]).arg(&server);
        let _server = Server::start(run);
        lan.answer("curl", &[&CURL[..], &["http://127.0.0.1:18080/"]].concat());
        for url in ["http://127.0.0.1:18080/?[1-500]".to_owned(), format!("http://{V4}:18080/?[1-500]")] {
            let mut curl = lan.command("curl");
            // busybox lets nine connections wait, and pasta of 2023 asks once for each.
            curl.args(["--silent", "--parallel", "--parallel-max", "8", "--output", "/dev/null"]);
            let output = curl.args(["--write-out", "%{http_code} %{size_download}\\n", &url]).output().unwrap();
            let answers = String::from_utf8(output.stdout).unwrap();
            assert_eq!(answers, "200 16\n".repeat(500), "{uid} {url}");
        }
    }
}

#[test]
fn root_publishes_low_ports() {
    let server = server("network = \"user\";");
    for runtime in crate::support::runtime::ALL {
        let lan = Lan::new(Reach::V4);
        let mut run = lan.wrapper(runtime, 0);
        run.args(["--publish", "80:80", "--env", "SERVER=low"]).arg(&server);
        if pasta_is_of(2026) {
            let output = run.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                said.contains("pasta: Couldn't listen on requested ports; versions of 2026 take no port below 1024"),
                "{said}"
            );
            continue;
        }
        let _server = Server::start(run);
        let answer = lan.answer("curl", &[&CURL[..], &["http://127.0.0.1/"]].concat());
        assert_eq!(answer, "hello from low\n", "{runtime:?}");
    }
}

#[test]
fn a_bundle_says_what_is_published() {
    let server = container(
        "mkdir /tmp/web && echo hello >/tmp/web/index.html && exec httpd -f -p 80 -h /tmp/web",
        "ports = [ \"18080:80\" ];",
    );
    let lan = Lan::new(Reach::V4);
    let mut run = lan.wrapper(Runtime::Runc, 1234);
    run.arg(&server);
    let running = Server::start(run);
    let ask = |port: u16| [&CURL[..], &[&format!("http://127.0.0.1:{port}/")]].concat().join(" ");
    assert_eq!(lan.answer("sh", &["-c", &format!("curl {}", ask(18080))]), "hello\n");
    drop(running);
    lan.wait_for_quiet();
    // The command line puts another port of the host in its place.
    let mut run = lan.wrapper(Runtime::Runc, 1234);
    run.args(["--publish", "18090:80"]).arg(&server);
    let _running = Server::start(run);
    assert_eq!(lan.answer("sh", &["-c", &format!("curl {}", ask(18090))]), "hello\n");
    let output = lan.command("sh").args(["-c", &format!("curl {}", ask(18080))]).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    // And `private` publishes nothing, and says so.
    let mut run = lan.wrapper(Runtime::Runc, 1234);
    run.args(["--network", "private", "--dry-run"]).arg(&server);
    let output = run.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("warning: not published: 18080:80/tcp, as --network is 'private'"), "{said}");
}

#[test]
fn a_host_may_have_one_version_of_ip_alone() {
    let look =
        container("cat /etc/hosts /etc/resolv.conf; ip -o address show dev eth0 scope global", "network = \"user\";");
    let v4 = "10.0.2.100 script\n198.51.100.2 host.containers.internal host.docker.internal\n";
    let v6 = "fd6f:6369:2d62::100 script\n2001:db8:1::2 host.containers.internal host.docker.internal\n";
    for (reach, hosts, resolver, address) in [
        (Reach::V4, v4, "169.254.1.1", "10.0.2.100/24"),
        (Reach::V6, v6, "fd6f:6369:2d62::53", "fd6f:6369:2d62::100/64"),
    ] {
        let lan = Lan::new(reach);
        for uid in USERS {
            let mut run = lan.wrapper(Runtime::Crun, uid);
            run.arg(&look);
            let seen = prints(run);
            let files = format!("127.0.0.1 localhost\n::1 localhost\n{hosts}search lan.test\nnameserver {resolver}\n");
            let addresses = seen.strip_prefix(&files).unwrap_or_else(|| panic!("{reach:?} {uid}: {seen}"));
            assert_eq!(addresses.lines().count(), 1, "{seen}");
            assert!(addresses.contains(address), "{seen}");
        }
    }
}

#[test]
fn the_hosts_network_is_the_hosts() {
    let look = container("cat /etc/resolv.conf; ls /sys/class/net", "network = \"host\";");
    let other = container("cat /etc/resolv.conf; ls /sys/class/net", "");
    for (runtime, uid) in all() {
        let lan = Lan::new(Reach::V4);
        let mut run = lan.wrapper(runtime, uid);
        run.arg(&look);
        let seen = prints(run);
        assert!(seen.starts_with("nameserver 127.0.0.53\nsearch lan.test\n"), "{runtime:?} {uid}: {seen}");
        let mut run = lan.wrapper(runtime, uid);
        run.args(["--network", "host"]).arg(&other);
        assert_eq!(prints(run), seen, "{runtime:?} {uid}");
        // And the other way round.
        let mut run = lan.wrapper(runtime, uid);
        run.args(["--network", "private"]).arg(&look);
        assert_eq!(prints(run), "lo\n", "{runtime:?} {uid}");
    }
}

#[test]
fn a_private_network_is_loopback_alone() {
    let look = container(
        "cat /etc/hosts /etc/resolv.conf; ls /sys/class/net; cat /proc/net/route | wc -l",
        "hostname = \"web\";",
    );
    for (runtime, uid) in all() {
        let lan = Lan::new(Reach::Both);
        for option in [None, Some("--network=private")] {
            let mut run = lan.wrapper(runtime, uid);
            run.args(option).arg(&look);
            assert_eq!(prints(run), "127.0.0.1 localhost web\n::1 localhost web\nlo\n1\n", "{runtime:?} {uid}");
        }
    }
}

#[test]
fn what_the_user_has_written_stays() {
    let own = container("cat /etc/hosts /etc/resolv.conf", "files.\"/etc/hosts\".text = \"10.0.0.1 db\\n\";");
    let lan = Lan::new(Reach::V4);
    for (runtime, uid) in all() {
        let mut run = lan.wrapper(runtime, uid);
        run.args(["--network", "user"]).arg(&own);
        assert_eq!(prints(run), "10.0.0.1 db\nsearch lan.test\nnameserver 169.254.1.1\n", "{runtime:?} {uid}");
        let mut run = lan.wrapper(runtime, uid);
        run.args(["--network", "user", "--mount", "/etc/hostname:/etc/resolv.conf:ro"])
            .arg(&own)
            .stderr(Stdio::inherit());
        let hostname = std::fs::read_to_string("/etc/hostname").unwrap();
        assert_eq!(prints(run), format!("10.0.0.1 db\n{hostname}"), "{runtime:?} {uid}");
    }
}
