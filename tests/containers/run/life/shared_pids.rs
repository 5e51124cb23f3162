//! Containers that have the processes of the host.

use std::time::{Duration, Instant};

use crate::support::life::{Life, refusal};
use crate::support::runner::{all, container};

/// One that shares the pid namespace.
fn sharing(script: &str) -> crate::support::built::Built {
    sharing_with(script, "")
}

fn sharing_with(script: &str, arguments: &str) -> crate::support::built::Built {
    let namespaces = r#"[ { type = "mount"; } { type = "ipc"; } { type = "uts"; } { type = "network"; } ]"#;
    container(script, &format!("config.linux.namespaces = {namespaces}; {arguments}"))
}

/// It could stop those of a check, and take the place of what this looks for.
#[test]
fn one_with_the_hosts_processes_has_no_checks() {
    let bundle = sharing_with("exit 0", r#"health = { command = [ "true" ]; };"#);
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        let said = refusal(&life.run(&[]).arg(&*bundle).output().unwrap());
        let expected =
            "health: the container has the host's processes, and could stop those of a check and take their place; ";
        assert!(said.contains(expected), "{life}: {said}");
    }
}

#[test]
fn one_with_the_hosts_processes_is_entered_and_stopped() {
    let bundle = sharing("trap 'exit 0' TERM; echo started; while :; do sleep 0.1; done");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        let run = life.attend("front", &[], &bundle);
        life.detach("web", &[], &bundle);
        life.wait_for_log("web", "started");
        for name in ["front", "web"] {
            let words = ["exec", name, "--", "sh", "-c", "readlink /proc/self/ns/pid; exit 4"];
            let output = life.output(&words);
            assert_eq!(output.status.code(), Some(4), "{life}: {output:?}");
            let host = std::fs::read_link("/proc/self/ns/pid").unwrap();
            assert_eq!(
                String::from_utf8_lossy(&output.stdout).trim_end(),
                host.to_str().unwrap(),
                "{life}: {output:?}"
            );
            assert_eq!(life.prints(&["stop", name]), format!("{name}\n"), "{life}");
        }
        assert_eq!(run.wait_with_output().unwrap().status.code(), Some(0), "{life}");
    }
}

#[test]
fn one_with_the_hosts_processes_that_ignores_its_signal_is_killed() {
    let bundle = sharing("trap '' TERM; echo started; while :; do sleep 0.1; done");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        life.wait_for_log("web", "started");
        let begin = Instant::now();
        assert_eq!(life.prints(&["stop", "--time", "1", "web"]), "web\n", "{life}");
        assert!(begin.elapsed() < Duration::from_secs(10), "{life}");
        life.wait_for(|| life.processes().is_empty(), "the end of all");
        life.detach("web", &[], &bundle);
        life.prints(&["kill", "web"]);
        life.wait_for(|| life.processes().is_empty(), "the end of all");
    }
}
