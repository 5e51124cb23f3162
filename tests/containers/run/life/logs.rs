//! `oci-bundle logs`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use super::server;
use crate::support::life::Life;
use crate::support::runner::{USERS, all, container};
use crate::support::runtime::Runtime;

#[test]
fn what_is_printed_is_kept_apart() {
    let bundle = container("for i in 1 2 3; do echo out $i; echo err $i >&2; done; printf end; sleep 1000", "");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        life.wait_for_log("web", "out 3");
        let output = life.output(&["logs", "web"]);
        let printed = String::from_utf8(output.stdout).unwrap();
        // A line that is not at its end comes with it.
        assert_eq!(printed, "out 1\nout 2\nout 3\n", "{life}");
        assert_eq!(output.stderr, b"err 1\nerr 2\nerr 3\n", "{life}");
        life.prints(&["kill", "web"]);
    }
}

#[test]
fn a_log_is_followed_to_the_end_of_the_container() {
    let script = "echo first; sleep 1; echo second >&2; sleep 1; i=0; while [ $i -lt 5000 ]; do i=$((i + 1)); echo line $i; done; \
                  printf last";
    let bundle = container(script, "");
    let expected: String = (1..=5000).map(|number| format!("line {number}\n")).collect();
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        let mut follow = life.command(&["logs", "-f", "web"]);
        let mut follow = follow.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Before its end.
        let mut stdout = BufReader::new(follow.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "first\n", "{life}");
        assert_eq!(life.state("web"), "running", "{life}");
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut stdout, &mut rest).unwrap();
        let output = follow.wait_with_output().unwrap();
        assert!(output.status.success(), "{life}: {output:?}");
        assert!(rest == format!("{expected}last"), "{life}: {} bytes", rest.len());
        assert_eq!(output.stderr, b"second\n", "{life}");
    }
}

#[test]
fn a_log_is_read_while_it_is_written_by_two_readers() {
    let bundle = container("i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); echo line $i; done; sleep 0.3", "");
    let expected: String = (1..=20000).map(|number| format!("line {number}\n")).collect();
    for uid in USERS {
        let life = Life::new(Runtime::Crun, uid);
        life.detach("web", &[], &bundle);
        let follow = |_| life.command(&["logs", "--follow", "web"]).stdout(Stdio::piped()).spawn().unwrap();
        let readers: Vec<Child> = (0..2).map(follow).collect();
        for reader in readers {
            let output = reader.wait_with_output().unwrap();
            assert!(output.stdout == expected.as_bytes(), "{life}: {} bytes", output.stdout.len());
        }
    }
}

#[test]
fn a_full_disk_stops_no_container_and_is_told() {
    let script = "i=0; while [ $i -lt 10000 ]; do i=$((i + 1)); echo line $i 0123456789012345678901234567890123456789; done; \
                  echo printed >/tmp/printed; trap 'exit 3' TERM; while :; do sleep 0.1; done";
    let bundle = container(script, "");
    for (runtime, uid) in all() {
        let life = Life::with_small_disk(runtime, uid);
        life.detach("web", &[], &bundle);
        let has_printed = || life.output(&["exec", "web", "--", "cat", "/tmp/printed"]).stdout == b"printed\n";
        life.wait_for(has_printed, "all lines");
        assert_eq!(life.state("web"), "running", "{life}");
        let all: usize = (1..=10_000).map(|number| format!("line {number} {}\n", "0123456789".repeat(4)).len()).sum();
        // What is in the pipe is read in another moment.
        life.wait_for(|| kept_and_lost(&life).map(|(kept, lost)| kept.len() + lost) == Some(all), "all bytes");
        let (printed, _) = kept_and_lost(&life).unwrap();
        assert!(printed.starts_with("line 1 0"), "{life}: {printed}");
        assert!(
            printed.lines().all(|line| line.starts_with("line ") && line.ends_with("0123456789")),
            "{life}: {printed}"
        );
        // It fails, and is remembered even so.
        life.prints(&["kill", "--signal", "TERM", "web"]);
        life.wait_for(|| life.state("web") == "exited", "the end");
        assert_eq!(life.container("web").unwrap()["exitCode"], 3, "{life}");
        life.prints(&["remove", "web"]);
    }
}

/// What a log has, and how many bytes it says are missing.
fn kept_and_lost(life: &Life) -> Option<(String, usize)> {
    let output = life.output(&["logs", "web"]);
    assert!(output.status.success(), "{life}: {output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    let said = said.strip_prefix("oci-bundle: warning: ")?.trim_end();
    let lost = said.strip_suffix(" bytes are missing: they could not be written, as the disk was full")?;
    Some((String::from_utf8(output.stdout).unwrap(), lost.parse().unwrap()))
}

#[test]
fn a_log_keeps_its_latest_lines() {
    // More than two files of it.
    let script = "head -c 30000000 /dev/zero | tr '\\0' x | fold -w 999; echo; echo end; while :; do sleep 0.1; done";
    let bundle = container(script, "");
    let life = Life::new(Runtime::Crun, 1234);
    life.detach("web", &[], &bundle);
    life.wait_for(|| life.prints(&["logs", "web"]).ends_with("\nend\n"), "the end");
    let kept = life.prints(&["logs", "web"]).len();
    assert!(kept > 7 << 20 && kept < 16 << 20, "{kept}");
    life.prints(&["kill", "web"]);
}

#[test]
fn a_log_is_the_users_alone() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        for (file, mode) in [("", 0o700), ("log", 0o600), ("record.json", 0o600), ("lock", 0o600)] {
            let file = life.directory("web").join(file);
            let found = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
            assert_eq!(found & 0o7777, mode, "{life}: {file:?}");
        }
        life.prints(&["stop", "web"]);
    }
}
