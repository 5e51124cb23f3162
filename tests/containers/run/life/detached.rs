//! Detached containers, from their start to their end.

use std::process::Stdio;

use super::server;
use crate::support::life::{Life, refusal};
use crate::support::runner::{all, container};
use crate::support::terminal::Terminal;

#[test]
fn a_detached_container_is_listed_until_it_is_stopped() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        let web = life.container("web").unwrap();
        assert_eq!(web["state"], "running", "{life}: {web}");
        assert_eq!(web["exitCode"], serde_json::Value::Null);
        assert_eq!(web["detached"], true);
        assert_eq!(web["bundle"], bundle.to_str().unwrap());
        assert_eq!(web["command"][0], "sh");
        let started = web["started"].as_str().unwrap();
        assert!(started.starts_with("20") && started.ends_with('Z'), "{started}");
        let table = life.prints(&["ps"]);
        let rows: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[0], ["NAME", "STATUS", "PORTS", "COMMAND", "BUNDLE"]);
        assert_eq!(rows[1][..2], ["web", "up"], "{table}");
        assert_eq!(rows.len(), 2, "{table}");
        assert_eq!(life.prints(&["stop", "web"]), "web\n", "{life}");
        assert_eq!(life.listed().len(), 0, "{life}");
        assert_eq!(life.refusal(&["stop", "web"]), "no container is called 'web': none of yours runs");
    }
}

#[test]
fn a_container_of_the_foreground_is_listed_and_entered_as_well() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        let run = life.attend("web", &[], &bundle);
        assert_eq!(life.container("web").unwrap()["detached"], false, "{life}");
        assert_eq!(life.prints(&["exec", "web", "--", "echo", "inside"]), "inside\n", "{life}");
        assert_eq!(life.refusal(&["logs", "web"]), "'web' has no log: its output goes where it was started");
        assert_eq!(life.prints(&["stop", "web"]), "web\n", "{life}");
        let output = run.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{life}: {output:?}");
        assert_eq!(output.stdout, b"to stdout\n");
        assert_eq!(output.stderr, b"to stderr\n");
    }
}

#[test]
fn one_without_a_name_is_called_after_its_bundle() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        let output = life.run(&["-d"]).arg(&bundle).output().unwrap();
        let name = String::from_utf8(output.stdout).unwrap();
        let pid = life.listed()[0]["pid"].to_string();
        assert_eq!(name, format!("script-{pid}\n"), "{life}");
        life.prints(&["stop", name.trim_end()]);
    }
}

#[test]
fn it_is_found_again_when_its_starter_and_the_terminal_are_gone() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        let mut run = life.run(&["--detach", "--name", "web"]);
        run.arg(&bundle);
        let mut terminal = Terminal::start(&run);
        terminal.wait_for("web\r\n");
        // Its other end is closed, so whoever has it as terminal gets SIGHUP.
        assert!(terminal.wait().success());
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert_eq!(life.prints(&["exec", "web", "--", "echo", "inside"]), "inside\n", "{life}");
        let output = life.output(&["logs", "web"]);
        assert_eq!((output.stdout, output.stderr), (b"to stdout\n".to_vec(), b"to stderr\n".to_vec()), "{life}");
        life.prints(&["stop", "web"]);
    }
}

#[test]
fn a_starter_that_is_killed_leaves_a_container_that_is_found() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        // Nobody reads what it prints, and the shell that started it is killed.
        let mut run = life.run(&["--detach", "--name", "web"]);
        let mut run = run.arg(&bundle).stdout(Stdio::piped()).spawn().unwrap();
        drop(run.stdout.take());
        life.wait_for(|| life.container("web").is_some(), "web");
        let _ = run.kill();
        run.wait().unwrap();
        life.wait_for(|| life.state("web") == "running", "web");
        life.prints(&["stop", "web"]);
    }
}

#[test]
fn one_that_does_not_start_says_why() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        let mut run = life.run(&["--detach", "--name", "web", "--shell=/nothing"]);
        let output = run.arg(&bundle).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("/nothing"), "{life}: {said}");
        assert!(output.stdout.is_empty(), "{life}: {output:?}");
        assert_eq!(Some(output.status.code().unwrap()), foreground(&life, &bundle), "{life}: {output:?}");
        // Neither does one that is wrong before the runtime starts.
        let mut run = life.run(&["--detach", "--name", "web", "--user", "nobody-there"]);
        let said = refusal(&run.arg(&bundle).output().unwrap());
        assert!(said.contains("nobody-there"), "{life}: {said}");
    }
}

/// The exit code of the same in the foreground.
fn foreground(life: &Life, bundle: &std::path::Path) -> Option<i32> {
    life.run(&["--shell=/nothing"]).arg(bundle).output().unwrap().status.code()
}

#[test]
fn one_that_fails_later_is_remembered_with_its_log() {
    let bundle = container("echo before; sleep 0.5; echo after >&2; exit 3", "");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        assert_eq!(life.refusal(&["remove", "web"]), "'web' runs; 'oci-bundle stop web' stops it", "{life}");
        life.wait_for(|| life.state("web") == "exited", "the end");
        assert_eq!(life.container("web").unwrap()["exitCode"], 3, "{life}");
        let table = life.prints(&["ps"]);
        assert!(table.contains("web   exited (3)"), "{life}: {table}");
        let output = life.output(&["logs", "--follow", "web"]);
        assert_eq!((output.stdout, output.stderr), (b"before\n".to_vec(), b"after\n".to_vec()), "{life}");
        for words in [&["exec", "web"][..], &["kill", "web"]] {
            assert_eq!(life.refusal(words), "'web' has ended with exit code 3", "{life}");
        }
        // It has ended, which is what was asked for.
        assert_eq!(life.prints(&["stop", "web"]), "web\n", "{life}");
        assert_eq!(life.state("web"), "exited", "{life}");
        assert_eq!(life.prints(&["remove", "web"]), "", "{life}");
        assert_eq!(life.refusal(&["logs", "web"]), "no container is called 'web': none of yours runs");
    }
}

#[test]
fn the_name_of_one_that_has_failed_is_free() {
    let (fails, bundle) = (container("sleep 0.5; exit 3", ""), server(""));
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &fails);
        life.wait_for(|| life.state("web") == "exited", "the end");
        life.detach("web", &[], &bundle);
        life.wait_for_log("web", "to stdout");
        life.prints(&["stop", "web"]);
    }
}

#[test]
fn one_that_ends_well_is_forgotten_and_was_started_however_short_it_was() {
    let bundle = container("exit 0", "");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        for _ in 0..10 {
            life.detach("web", &[], &bundle);
            life.wait_for(|| life.container("web").is_none(), "the end");
        }
    }
}

#[test]
fn the_exit_code_of_a_short_one_is_told_or_remembered() {
    let bundle = container("echo said; exit 3", "");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        for _ in 0..5 {
            let output = life.run(&["--detach", "--name", "web"]).arg(&bundle).output().unwrap();
            if output.status.success() {
                assert_eq!(output.stdout, b"web\n", "{life}: {output:?}");
                life.wait_for(|| life.state("web") == "exited", "the end");
                assert_eq!(life.container("web").unwrap()["exitCode"], 3, "{life}");
                assert_eq!(life.prints(&["logs", "web"]), "said\n", "{life}");
                life.prints(&["remove", "web"]);
            } else {
                assert_eq!(output.status.code(), Some(3), "{life}: {output:?}");
                assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b""[..], &b"said\n"[..]), "{life}");
                assert_eq!(life.listed().len(), 0, "{life}");
            }
        }
    }
}

#[test]
fn the_latest_twenty_that_have_failed_are_remembered() {
    let bundle = container("sleep 0.3; exit 3", "");
    let (runtime, uid) = (crate::support::runtime::Runtime::Crun, 1234);
    let life = Life::new(runtime, uid);
    for number in 0..23 {
        life.detach(&format!("c{number}"), &[], &bundle);
    }
    life.wait_for(|| life.listed().iter().all(|container| container["state"] == "exited"), "the ends");
    // The next one takes the place of the oldest.
    life.detach("last", &[], &bundle);
    life.wait_for(|| life.state("last") == "exited", "the end");
    let listed = life.listed();
    assert_eq!(listed.len(), 20, "{listed:?}");
    for container in listed {
        life.prints(&["remove", container["name"].as_str().unwrap()]);
    }
}
