//! `oci-bundle stop` and `oci-bundle kill`.

use std::time::{Duration, Instant};

use super::server;
use crate::support::life::Life;
use crate::support::runner::{all, container};

/// A container that says which signals it gets.
fn listener(arguments: &str) -> crate::support::built::Built {
    let script = "trap 'echo HUP' HUP; trap 'echo TERM' TERM; trap 'echo 37' 37; trap 'echo QUIT; exit 0' QUIT; echo ready; \
                  while :; do sleep 0.1; done";
    container(script, arguments)
}

#[test]
fn a_signal_arrives_by_name_and_number() {
    let bundle = listener("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        life.wait_for_log("web", "ready");
        for (signal, said) in [("HUP", "HUP"), ("SIGTERM", "TERM"), ("RTMIN+3", "37"), ("37", "37")] {
            let before = life.prints(&["logs", "web"]);
            life.prints(&["kill", "--signal", signal, "web"]);
            life.wait_for(|| life.prints(&["logs", "web"]) == format!("{before}{said}\n"), signal);
        }
        assert_eq!(life.state("web"), "running", "{life}");
        life.prints(&["kill", "-s", "QUIT", "web"]);
        life.wait_for(|| life.container("web").is_none(), "the end");
    }
}

#[test]
fn the_stop_signal_is_the_bundles() {
    for signal in ["SIGQUIT", "3"] {
        let bundle = listener(&format!("stopSignal = \"{signal}\";"));
        for (runtime, uid) in all() {
            let life = Life::new(runtime, uid);
            let run = life.attend("web", &[], &bundle);
            let begin = Instant::now();
            life.prints(&["stop", "--time", "20", "web"]);
            assert!(begin.elapsed() < Duration::from_secs(15), "{life}: {:?}", begin.elapsed());
            let output = run.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{life}: {output:?}");
            assert!(
                output.stdout.ends_with(b"QUIT\n") && !output.stdout.ends_with(b"TERM\nQUIT\n"),
                "{life}: {output:?}"
            );
        }
    }
}

#[test]
fn what_does_not_end_in_time_is_killed() {
    // As their first process, it gets no signal that it does not ask for.
    let bundle = container("echo ready; while :; do sleep 0.1; done", "");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        for name in ["one", "two", "three"] {
            life.detach(name, &[], &bundle);
        }
        let begin = Instant::now();
        // All of them at once.
        assert_eq!(life.prints(&["stop", "--time", "2", "one", "two", "three"]), "one\ntwo\nthree\n", "{life}");
        let time = begin.elapsed();
        assert!(time >= Duration::from_secs(2) && time < Duration::from_secs(6), "{life}: {time:?}");
    }
}

#[test]
fn kill_ends_it_at_once() {
    let bundle = container("trap '' TERM; while :; do sleep 0.1; done", "");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        let run = life.attend("front", &[], &bundle);
        assert_eq!(life.prints(&["kill", "web", "front"]), "", "{life}");
        assert_eq!(life.listed().len(), 0, "{life}");
        assert!(!run.wait_with_output().unwrap().status.success());
    }
}

#[test]
fn a_name_that_is_not_there_stops_nothing() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        let said = "no container is called 'wbe'; did you mean 'web'?";
        for words in
            [&["stop", "web", "wbe"][..], &["kill", "wbe"], &["exec", "wbe"], &["logs", "wbe"], &["remove", "wbe"]]
        {
            assert_eq!(life.refusal(words), said, "{life}");
        }
        assert_eq!(life.state("web"), "running", "{life}");
        let output = life.output(&["kill", "--signal", "NOPE", "web"]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        life.prints(&["stop", "web"]);
    }
}
