//! Whatever of ours is killed, the container ends with it, and the next look removes what is left.

use super::server;
use crate::support::lan::{Lan, Reach};
use crate::support::life::{Life, words_of};
use crate::support::runner::{all, container};

/// Kills a process at once.
fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// The runtime, which a monitor starts last.
fn child(pid: u32) -> u32 {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let last = children.split_whitespace().last().unwrap_or_else(|| panic!("{pid} has no child"));
    last.parse().unwrap()
}

#[test]
fn a_monitor_that_is_killed_ends_its_container() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        let monitor = life.monitor("web");
        kill(monitor);
        life.wait_for(|| life.processes().is_empty(), "the end of all");
        // The test looks for what is left behind this.
        assert_eq!(life.listed().len(), 0, "{life}");
    }
}

#[test]
fn a_runtime_that_is_killed_ends_its_container() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        let held = child(life.monitor("web"));
        assert!(words_of(held).contains("run --pid-file"), "{life}: {}", words_of(held));
        kill(held);
        life.wait_for(|| life.processes().is_empty(), "the end of all");
        assert_eq!(life.container("web").unwrap()["exitCode"], 137, "{life}");
        life.prints(&["remove", "web"]);
    }
}

#[test]
fn a_container_that_is_killed_as_it_starts_leaves_nothing() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        for wait in [0, 5, 10, 20, 30, 40, 60, 80, 120] {
            let mut run =
                life.run(&["--name", "web"]).arg(&bundle).stdout(std::process::Stdio::null()).spawn().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(wait));
            run.kill().unwrap();
            run.wait().unwrap();
            life.wait_for(|| life.processes().is_empty(), "the end of all");
            assert_eq!(life.listed().len(), 0, "{life}: after {wait} ms");
        }
    }
}

#[test]
fn a_pasta_that_is_killed_ends_its_container() {
    let bundle = container("while :; do sleep 0.1; done", "");
    for (runtime, uid) in all() {
        let lan = Lan::new(Reach::V4);
        let network = lan.command("true");
        let network = network.get_args().next().unwrap().to_str().unwrap().to_owned();
        let life = Life::within(runtime, uid, &["nsenter", &network, "--"]);
        life.detach("web", &["--publish", "18080:80"], &bundle);
        assert_eq!(life.container("web").unwrap()["ports"][0], "18080:80/tcp", "{life}");
        kill(lan.pasta());
        life.wait_for(|| life.processes().is_empty(), "the end of all");
        assert_eq!(life.container("web").unwrap()["exitCode"], 1, "{life}");
        let said = String::from_utf8(life.output(&["logs", "web"]).stderr).unwrap();
        assert_eq!(said, "oci-bundle: pasta has ended (signal: 9 (SIGKILL)), and the container with it\n", "{life}");
        life.prints(&["remove", "web"]);
        // So it does with the one above it.
        life.detach("web", &["--publish", "18080:80"], &bundle);
        kill(life.monitor("web"));
        life.wait_for(|| life.processes().is_empty(), "the end of all");
        assert_eq!(life.listed().len(), 0, "{life}");
        lan.wait_for_quiet();
    }
}

#[test]
fn the_first_process_of_the_container_is_killed_as_by_itself() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        let first = life.processes_of("sh -c trap");
        kill(first[0]);
        life.wait_for(|| life.state("web") == "exited", "the end");
        assert_eq!(life.container("web").unwrap()["exitCode"], 137, "{life}");
        life.prints(&["remove", "web"]);
    }
}
