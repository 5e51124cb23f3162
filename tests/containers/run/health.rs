//! The check of a container, and who is told of it.

use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::nix;
use crate::support::runner::{USERS, all, container, prints};
use crate::support::runtime::{Runtime, command_for_user, command_prepared};

/// Each runtime and each user once: a check takes seconds.
const PAIRS: [(Runtime, u32); 2] = [(Runtime::Runc, USERS[0]), (Runtime::Crun, USERS[1])];

/// A program that runs until it is stopped, with a check of a file.
fn checked(health: &str) -> crate::support::built::Built {
    container("while :; do sleep 1; done", &format!("health = {health};"))
}

fn health(name: &str, uid: u32) -> Option<String> {
    let mut ps = command_for_user(&nix::program("oci-bundle"), uid);
    ps.args(["ps", "--json"]);
    let all: Value = serde_json::from_str(&prints(ps)).unwrap();
    let found = all.as_array().unwrap().iter().find(|it| it["name"] == name)?;
    Some(found["health"].as_str().unwrap_or("none").to_owned())
}

fn wait_for(name: &str, uid: u32, wanted: &str) {
    let start = Instant::now();
    while health(name, uid).as_deref() != Some(wanted) {
        assert!(start.elapsed() < Duration::from_secs(30), "{name} is {:?}, want {wanted}", health(name, uid));
        thread::sleep(Duration::from_millis(100));
    }
}

fn of_user(uid: u32, words: &[&str]) -> Command {
    let mut command = command_for_user(&nix::program("oci-bundle"), uid);
    command.args(words);
    command
}

#[test]
fn a_check_says_how_a_container_is() {
    let bundle = checked(r#"{ command = [ "test" "-e" "/srv/well" ]; interval = 1; retries = 2; }"#);
    for (runtime, uid) in PAIRS {
        let folder = TempDir::new().unwrap();
        std::os::unix::fs::chown(folder.path(), Some(uid), Some(uid)).unwrap();
        let name = format!("checked-{runtime:?}-{uid}");
        let mut run = runtime.wrapper(uid);
        run.args(["--detach", "--name", &name]);
        run.args(["--mount", &format!("{}:/srv:ro", folder.path().display())]).arg(&*bundle);
        prints(run);
        wait_for(&name, uid, "unhealthy");
        fs::write(folder.path().join("well"), "").unwrap();
        wait_for(&name, uid, "healthy");
        fs::remove_file(folder.path().join("well")).unwrap();
        wait_for(&name, uid, "unhealthy");
        prints(of_user(uid, &["stop", "--time", "0", &name]));
        assert_eq!(health(&name, uid), None);
    }
}

#[test]
fn one_that_takes_a_while_to_start_is_healthy_as_soon_as_it_is() {
    let bundle = checked(r#"{ command = [ "test" "-e" "/srv/well" ]; interval = 3600; }"#);
    let folder = TempDir::new().unwrap();
    let name = "slow-to-start";
    let mut run = Runtime::Crun.wrapper(0);
    run.args(["--detach", "--name", name]);
    run.args(["--mount", &format!("{}:/srv:ro", folder.path().display())]).arg(&*bundle);
    prints(run);
    // More checks than may fail in a row.
    thread::sleep(Duration::from_secs(5));
    assert_eq!(health(name, 0).as_deref(), Some("starting"));
    fs::write(folder.path().join("well"), "").unwrap();
    wait_for(name, 0, "healthy");
    prints(of_user(0, &["stop", "--time", "0", name]));
}

#[test]
fn a_check_that_hangs_is_ended_and_counts() {
    let hanging =
        r#"{ command = [ "sh" "-c" "trap : TERM; while :; do sleep 31415; done" ]; interval = 1; retries = 1; }"#;
    let bundle = checked(hanging);
    for (runtime, uid) in all() {
        let name = format!("hanging-{runtime:?}-{uid}");
        let mut run = runtime.wrapper(uid);
        run.args(["--detach", "--name", &name]).arg(&*bundle);
        prints(run);
        wait_for(&name, uid, "unhealthy");
        thread::sleep(Duration::from_secs(4));
        let processes = prints(of_user(uid, &["exec", &name, "ps"]));
        let checks = processes.lines().filter(|line| line.contains("trap :")).count();
        assert!(checks <= 1, "{runtime:?}: {uid}: {processes}");
        prints(of_user(uid, &["stop", "--time", "0", &name]));
    }
}

/// What tries to close `/dev/null` to everybody else, and prints as well.
const CLOSE_NULL: &str =
    "for number in 0 1 2; do chmod 0 /proc/self/fd/$number 2>/dev/null; done; echo printed; echo said >&2";

/// A user namespace, in which nobody makes a device: the container's `/dev/null` is the host's.
const OF_OTHERS: &str = r#"config.linux = {
  namespaces = map (type: { inherit type; }) [ "user" "mount" "network" "pid" "ipc" "uts" ];
  uidMappings = [ { containerID = 0; hostID = 100000; size = 65536; } ];
  gidMappings = [ { containerID = 0; hostID = 100000; size = 65536; } ];
};"#;

/// crun gives what it has as its standard streams to the container's user.
#[test]
fn nobody_takes_the_hosts_null() {
    let check = format!("{{ command = [ \"sh\" \"-c\" {} ]; interval = 1; }}", nix::string(CLOSE_NULL));
    let user = "user.uid = 4321; capabilities = [ ];";
    for namespaces in ["", OF_OTHERS] {
        let server = format!("health = {check}; init = true; {user} {namespaces}");
        let server = container("while :; do sleep 1; done", &server);
        let short = container(CLOSE_NULL, &format!("{user} {namespaces}"));
        for runtime in crate::support::runtime::ALL {
            // A host's that may be spoiled.
            let folder = TempDir::new().unwrap();
            let null = folder.path().join("null");
            let mut make = Command::new("mknod");
            assert!(make.args(["-m", "666"]).arg(&null).args(["c", "1", "3"]).status().unwrap().success());
            let host = format!("mount --bind {} /dev/null", null.display());
            let check = |what: &str| {
                let found = fs::metadata(&null).unwrap();
                let found = (found.uid(), found.gid(), found.mode() & 0o7777);
                assert_eq!(found, (0, 0, 0o666), "{runtime:?}: {what} {namespaces}");
            };
            let name = format!("null-{runtime:?}-{}", std::process::id());
            let mut run = runtime.wrapper_prepared(&host, 0);
            run.args(["--detach", "--name", &name]).arg(&*server);
            prints(run);
            wait_for(&name, 0, "healthy");
            check("run --detach");
            let streams = format!("{host} && exec </dev/null >/dev/null 2>/dev/null");
            let mut exec = command_prepared(&streams, &nix::program("oci-bundle"), 0);
            exec.args(["exec", &name, "--", "sh", "-c", CLOSE_NULL]);
            assert!(exec.status().unwrap().success(), "{runtime:?}");
            check("exec");
            // What it prints goes there, and nothing is read from it.
            let mut exec = of_user(0, &["exec", &name, "--", "sh", "-c", "cat; echo end"]);
            exec.stdin(std::process::Stdio::null());
            assert_eq!(prints(exec), "end\n", "{runtime:?}");
            prints(of_user(0, &["stop", "--time", "0", &name]));
            let mut run = runtime.wrapper_prepared(&streams, 0);
            assert!(run.arg(&*short).status().unwrap().success(), "{runtime:?}");
            check("run");
            // As a test starts its containers.
            let mut run = runtime.wrapper_prepared(&format!("{host} && exec </dev/null"), 0);
            assert!(run.arg("--unconnected").arg(&*short).output().unwrap().status.success(), "{runtime:?}");
            check("run --unconnected");
        }
    }
}

/// The messages that have come, a line each.
fn told(socket: &UnixDatagram) -> Vec<String> {
    let mut lines = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length) = socket.recv(&mut buffer) {
        lines.extend(String::from_utf8_lossy(&buffer[..length]).lines().map(str::to_owned));
    }
    lines
}

#[test]
fn a_service_manager_is_told() {
    let bundle = checked(r#"{ command = [ "test" "-e" "/srv/well" ]; interval = 1; }"#);
    for (runtime, uid) in PAIRS {
        let folder = TempDir::new().unwrap();
        std::os::unix::fs::chown(folder.path(), Some(uid), Some(uid)).unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        std::os::unix::fs::chown(&path, Some(uid), Some(uid)).unwrap();
        socket.set_nonblocking(true).unwrap();
        let name = format!("told-{runtime:?}-{uid}");
        let preparation = format!("export NOTIFY_SOCKET={}", path.display());
        let mut run = runtime.wrapper_prepared(&preparation, uid);
        run.args(["--detach", "--name", &name]);
        run.args(["--mount", &format!("{}:/srv:ro", folder.path().display())]).arg(&*bundle);
        prints(run);
        thread::sleep(Duration::from_secs(2));
        assert_eq!(told(&socket), Vec::<String>::new(), "{runtime:?}: {uid}");
        fs::write(folder.path().join("well"), "").unwrap();
        wait_for(&name, uid, "healthy");
        thread::sleep(Duration::from_millis(2500));
        let lines = told(&socket);
        assert_eq!(lines[0], "READY=1", "{lines:?}");
        assert!(lines.iter().filter(|line| *line == "WATCHDOG=1").count() >= 2, "{lines:?}");
        prints(of_user(uid, &["stop", "--time", "0", &name]));
        assert!(Path::new(&path).exists());
    }
}
