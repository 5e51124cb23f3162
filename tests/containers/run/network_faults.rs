//! What is said where a network cannot be had, and what becomes of a container whose network ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::built::Built;
use crate::support::lan::{Lan, Reach, Server, pasta_is_new};
use crate::support::runner::{USERS, all, container, prints, refusal};
use crate::support::runtime::Runtime;

/// A container that goes on for ever.
fn endless() -> Built {
    container("exec sleep 1000", "network = \"user\";")
}

/// The line of a run that does not start.
fn said(run: Command) -> String {
    let said = refusal(run);
    assert_eq!(said.lines().count(), 1, "{said}");
    said.trim_end().to_owned()
}

#[test]
fn a_port_that_is_taken_is_named() {
    let bundle = endless();
    for uid in USERS {
        let lan = Lan::new(Reach::Both);
        let mut run = lan.wrapper(Runtime::Crun, uid);
        run.args(["--publish", "18080:80", "--publish", "18053:53/udp"]).arg(&bundle);
        let _first = Server::start(run);
        let taken = |option: &str| {
            let mut run = lan.wrapper(Runtime::Crun, uid);
            run.args(["--publish", option]).arg(&bundle);
            said(run)
        };
        // Until the first one listens.
        lan.answer("bash", &["-c", "exec 3<>/dev/tcp/127.0.0.1/18080"]);
        assert_eq!(
            taken("18080:81"),
            "oci-bundle: publishing 18080:81/tcp: port 18080/tcp of the host is taken; publish another one, such as \
             --publish 18081:81, or end what listens there ('ss -tlnp' lists it)",
        );
        let found = taken("127.0.0.1:18053:54/udp");
        assert!(found.contains(": port 18053/udp of the host is taken; "), "{found}");
        assert!(taken("203.0.113.9:18080:81").ends_with(": the host has no such address"));
    }
}

#[test]
fn an_ordinary_user_gets_no_low_port() {
    let lan = Lan::new(Reach::V4);
    let mut run = lan.wrapper(Runtime::Crun, 1234);
    run.args(["--publish", "80:80"]).arg(endless());
    let found = said(run);
    assert!(found.starts_with("oci-bundle: publishing 80:80/tcp: port 80/tcp of the host takes root; "), "{found}");
    assert!(found.contains("--publish 8081:80"), "{found}");
}

#[test]
fn pasta_that_is_missing_is_named_with_its_package() {
    let bundle = endless();
    let lan = Lan::new(Reach::V4);
    for uid in USERS {
        let mut run = lan.wrapper_prepared("export PATH=/nowhere", Runtime::Crun, uid);
        // What prepares the run is found on the machine's own PATH.
        let words: Vec<_> = run.get_args().map(ToOwned::to_owned).collect();
        assert!(words.iter().any(|word| word.to_string_lossy().contains("PATH=/nowhere")));
        run = absolute(run);
        run.arg(&bundle);
        let found = said(run);
        assert!(found.contains("needs pasta, which is not on PATH; install the package passt"), "{found}");
        let mut run = lan.wrapper(Runtime::Crun, uid);
        run.args(["--pasta", "/nowhere/pasta"]).arg(&bundle);
        assert!(said(run).contains("no program '/nowhere/pasta'; --pasta and OCI_PASTA take a path"));
        // It is not the program that was meant.
        let mut run = lan.wrapper(Runtime::Crun, uid);
        run.args(["--pasta", "/bin/false"]).arg(&bundle);
        assert_eq!(said(run), "oci-bundle: pasta has ended early (exit status: 1)");
        lan.wait_for_quiet();
    }
}

/// The command with a setpriv that is found without PATH.
fn absolute(command: Command) -> Command {
    let mut changed = Command::new(command.get_program());
    changed.args(command.get_args().map(|word| if word == "setpriv" { "/usr/bin/setpriv".as_ref() } else { word }));
    changed.stdin(Stdio::null());
    changed
}

/// Makes a machine on which the device is root's alone.
const CLOSED_TUN: &str = "mount -t tmpfs tmpfs /dev/net && mknod -m 600 /dev/net/tun c 10 200";

#[test]
fn a_device_that_is_roots_alone_is_named_and_root_needs_none() {
    let bundle = endless();
    let lan = Lan::new(Reach::V4);
    let mut run = lan.wrapper_prepared(CLOSED_TUN, Runtime::Crun, 1234);
    run.arg(&bundle);
    let found = said(run);
    assert!(found.contains("needs /dev/net/tun, which you may not open (Permission denied"), "{found}");
    assert!(found.contains("as root: 'chmod 666 /dev/net/tun'"), "{found}");
    let mut run = lan.wrapper_prepared("mount -t tmpfs tmpfs /dev/net", Runtime::Crun, 1234);
    run.arg(&bundle);
    assert!(said(run).contains("which this host has not; as root: 'modprobe tun'"));
    let look = container("ls /sys/class/net", "network = \"user\";");
    for machine in [CLOSED_TUN, "mount -t tmpfs tmpfs /dev/net"] {
        let mut run = lan.wrapper_prepared(machine, Runtime::Crun, 0);
        run.arg(&look);
        assert_eq!(prints(run), "eth0\nlo\n", "{machine}");
    }
}

#[test]
fn options_that_rule_each_other_out_are_refused() {
    let bundle = endless();
    let lan = Lan::new(Reach::V4);
    for network in ["private", "host"] {
        let mut run = lan.wrapper(Runtime::Crun, 0);
        run.args(["--network", network, "--publish", "18080:80"]).arg(&bundle);
        let expected = format!(
            "publishing 18080:80/tcp takes the network 'user', and --network is '{network}'; leave one of them out"
        );
        let found = said(run);
        assert!(found.ends_with(&expected), "{found}");
    }
    for (options, expected) in [
        (["--network", "bridge"], "want private, user or host"),
        (["--publish", "80"], "want [ADDRESS:]HOST:CONTAINER, such as 8080:80"),
    ] {
        let output = lan.wrapper(Runtime::Crun, 0).args(options).arg(&bundle).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let found = String::from_utf8(output.stderr).unwrap();
        assert!(found.contains(expected) && found.lines().count() == 1, "{found}");
    }
}

#[test]
fn a_host_without_a_way_out_is_named() {
    let lan = Lan::new(Reach::Nothing);
    let mut run = lan.wrapper(Runtime::Crun, 1234);
    run.arg(container("ls /sys/class/net", "network = \"user\";"));
    let output = run.output().unwrap();
    // Versions from 2024 on do with that.
    if output.status.success() {
        assert!(String::from_utf8(output.stdout).unwrap().contains("lo\n"));
        return;
    }
    let found = String::from_utf8(output.stderr).unwrap();
    assert!(found.starts_with("oci-bundle: pasta needs an interface with a route to the outside, "), "{found}");
    assert_eq!(found.lines().count(), 1, "{found}");
}

#[test]
fn whatever_is_killed_nothing_is_left() {
    let bundle = container("exec httpd -f -p 80 -h /tmp", "network = \"user\";");
    for (runtime, uid) in all() {
        let lan = Lan::new(Reach::V4);
        for kills_pasta in [false, true] {
            let mut run = lan.wrapper(runtime, uid);
            run.args(["--publish", "18080:80"]).arg(&bundle).stderr(Stdio::piped());
            let mut run = run.spawn().unwrap();
            // The program runs when it answers, if only that there is nothing.
            lan.answer("curl", &["--silent", "http://127.0.0.1:18080/"]);
            if kills_pasta {
                let kill = Command::new("kill").args(["-KILL", &lan.pasta().to_string()]).status().unwrap();
                assert!(kill.success());
                let output = run.wait_with_output().unwrap();
                assert!(!output.status.success(), "{output:?}");
                let said = String::from_utf8(output.stderr).unwrap();
                assert!(said.contains("pasta has ended (signal: 9 (SIGKILL)), and the container with it"), "{said}");
            } else {
                run.kill().unwrap();
                run.wait().unwrap();
            }
            lan.wait_for_quiet();
            // The port is free again, as soon as the kernel has closed it.
            lan.answer("bash", &["-c", "! (exec 3<>/dev/tcp/127.0.0.1/18080) 2>/dev/null"]);
        }
    }
}

#[test]
fn the_next_run_gets_the_port_at_once() {
    let short = container("exit 0", "ports = [ \"18080:80\" ];");
    for uid in USERS {
        let lan = Lan::new(Reach::V4);
        for _ in 0..10 {
            let mut run = lan.wrapper(Runtime::Crun, uid);
            run.arg(&short);
            prints(run);
        }
    }
}

/// A pasta that says another version, and only at a terminal, as the one of 2025 does.
fn pasta_of(folder: &TempDir, version: &str) -> PathBuf {
    let pasta = folder.path().join("pasta");
    let script = format!("#!/bin/sh\n[ -t 1 ] && [ \"$1\" = --version ] && echo 'pasta {version}'\n");
    fs::write(&pasta, script).unwrap();
    fs::set_permissions(&pasta, fs::Permissions::from_mode(0o755)).unwrap();
    pasta
}

/// Packets that no kernel would send, which old versions of pasta hand on to the host's loopback.
#[test]
fn packets_of_its_own_take_a_newer_pasta() {
    let has = |capability: &str| format!("the container has {capability}");
    let (old, unknown) = (Some("is from before 2025"), Some("does not say that it is from 2025 or later"));
    for (arguments, power) in [
        ("capabilities = [ \"CAP_NET_RAW\" ];", has("CAP_NET_RAW")),
        ("capabilities = [ \"CAP_NET_ADMIN\" ];", has("CAP_NET_ADMIN")),
        // Root's become the owner of their network.
        ("capabilities.add = [ \"CAP_SETUID\" ];", has("CAP_SETUID")),
        ("capabilities = [ \"CAP_SYS_ADMIN\" ];", has("CAP_SYS_ADMIN")),
        ("capabilities = [ \"CAP_CHOWN\" ]; config.process.noNewPrivileges = false;", has("CAP_CHOWN")),
        ("user.uid = 1879048200;", "the container's user is 1879048200".to_owned()),
    ] {
        let bundle = container("exit 0", &format!("network = \"user\"; {arguments}"));
        for (version, fault) in
            [("0.0~git20230309.7c7625d-1", old), ("2025_05_03.587980c", None), ("unknown version", unknown)]
        {
            let folder = TempDir::new().unwrap();
            let mut run = Runtime::Crun.wrapper(0);
            run.arg("--pasta").arg(pasta_of(&folder, version)).arg(&*bundle);
            let output = run.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            match fault {
                Some(fault) => {
                    assert!(said.contains(&format!("{power}, with which it could reach")), "{said}");
                    assert!(said.contains(&format!(" {fault}; ")), "{said}");
                }
                None => assert!(!said.contains(&power), "{said}"),
            }
        }
        let mut run = Runtime::Crun.wrapper(0);
        run.arg("--dry-run").arg(&*bundle);
        let noted = String::from_utf8(run.output().unwrap().stderr).unwrap();
        assert!(noted.contains(&format!("with the network of the host over IPv4 alone, as {power}")), "{noted}");
    }
    // An ordinary user's become nobody else.
    let bundle = container("exit 0", "network = \"user\"; capabilities = [ \"CAP_SETUID\" \"CAP_CHOWN\" ];");
    let lan = Lan::new(Reach::V4);
    let mut run = lan.wrapper(Runtime::Crun, 1234);
    run.arg(&*bundle);
    prints(run);
}

/// Every version of pasta hands on to the host's loopback what a packet of IPv6 says of IPv4.
#[test]
fn packets_of_its_own_are_of_ipv4_alone() {
    let bundle = container(
        "grep -c fd6f63692d62 /proc/net/if_inet6; grep -c 10.0.2.100 /proc/net/fib_trie; grep -c fd6f /etc/hosts; echo end",
        "network = \"user\"; capabilities = [ \"CAP_NET_RAW\" ]; hostname = \"raw\";",
    );
    let folder = TempDir::new().unwrap();
    let pasta = pasta_of(&folder, "2025_05_03.587980c");
    for (runtime, uid) in all() {
        let lan = Lan::new(Reach::V6);
        let mut run = lan.wrapper(runtime, uid);
        run.arg("--pasta").arg(&pasta).arg(&*bundle);
        let found = said(run);
        assert!(found.contains("so its network has IPv4 alone, and this host has IPv6 alone; "), "{found}");
        let lan = Lan::new(Reach::Both);
        let mut run = lan.wrapper(runtime, uid);
        run.args(["--publish", "[::1]:18080:80", "--pasta"]).arg(&pasta).arg(&*bundle);
        let found = said(run);
        assert!(found.contains("publishing [::1]:18080:80/tcp: the container has CAP_NET_RAW, "), "{found}");
        // The machine's own is new enough from Debian 13 on.
        if pasta_is_new() {
            let mut run = lan.wrapper(runtime, uid);
            run.arg(&*bundle);
            let printed = prints(run);
            let counts: Vec<_> = printed.lines().collect();
            assert!(counts[0] == "0" && counts[1] != "0" && counts[2] == "0" && counts[3] == "end", "{printed}");
        }
    }
}
