//! `oci-bundle exec`.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use super::server;
use crate::support::life::Life;
use crate::support::runner::{USERS, all, container};
use crate::support::runtime::{self, Runtime};
use crate::support::subordinate_ids::{UID, Users};
use crate::support::terminal::Terminal;

#[test]
fn the_exit_code_is_the_commands() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        for (script, code) in [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137), ("kill -TERM $$", 143)] {
            let output = life.output(&["exec", "web", "--", "sh", "-c", script]);
            assert_eq!(output.status.code(), Some(code), "{life}: {script}: {output:?}");
        }
        // One that is not there is an error of the runtime, in its words.
        let output = life.output(&["exec", "web", "--", "nothing-there"]);
        assert!(!output.status.success() && !output.stderr.is_empty(), "{life}: {output:?}");
        assert_eq!(life.state("web"), "running", "{life}");
        life.prints(&["stop", "web"]);
    }
}

#[test]
fn a_command_has_the_environment_user_and_directory_that_it_is_given() {
    let files = r#"files."/etc/passwd".text = "root:x:0:0::/root:/bin/sh\nann:x:7:8::/srv:/bin/sh\n";
                   files."/etc/group".text = "root:x:0:\nstaff:x:9:\n";"#;
    let bundle = server(&format!(r#"env = {{ OF_BUNDLE = "b"; PATH = "/bin"; }}; {files}"#));
    let script = "id -u; id -g; pwd; echo $OF_BUNDLE $GIVEN ${PASSED-none}; readlink /proc/self/ns/pid; hostname";
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &["--env", "OF_RUN=r"], &bundle);
        let ns = life.prints(&["exec", "web", "readlink", "/proc/1/ns/pid"]);
        let host = life.prints(&["exec", "web", "hostname"]);
        let words = ["exec", "--env", "GIVEN=g", "--env", "PASSED", "--cwd", "/tmp", "web", "--", "sh", "-c", script];
        let mut exec = life.command(&words);
        exec.env("PASSED", "p");
        let output = exec.output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(printed, format!("0\n0\n/tmp\nb g p\n{ns}{host}"), "{life}: {output:?}");
        assert_eq!(life.prints(&["exec", "web", "sh", "-c", "echo $OF_RUN; pwd"]), "r\n/\n", "{life}");
        let said = life.refusal(&["exec", "--user", "nobody-there", "web"]);
        assert!(said.contains("nobody-there"), "{life}: {said}");
        if uid == 0 {
            let words = ["exec", "--user", "65534:5", "web", "--", "sh", "-c", "id -u; id -g"];
            assert_eq!(life.prints(&words), "65534\n5\n", "{life}");
            let words = ["exec", "--user", "ann:staff", "web", "--", "sh", "-c", "id -u; id -g; id -G; echo $HOME"];
            assert_eq!(life.prints(&words), "7\n9\n9\n/srv\n", "{life}");
        }
        life.prints(&["stop", "web"]);
    }
}

#[test]
fn a_command_gets_the_limits_of_the_container() {
    let bundle = server(
        r#"config.process.noNewPrivileges = true; config.process.rlimits = [ { type = "RLIMIT_NOFILE"; soft = 77; hard = 77; } ];"#,
    );
    let script = "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/$1/status; ulimit -n";
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        let of_first =
            life.prints(&["exec", "web", "--", "grep", "-E", "^(CapEff|CapBnd|NoNewPrivs|Seccomp):", "/proc/1/status"]);
        assert!(of_first.contains("Seccomp:\t2") && of_first.contains("NoNewPrivs:\t1"), "{of_first}");
        let printed = life.prints(&["exec", "web", "--", "sh", "-c", script, "sh", "self"]);
        assert_eq!(printed, format!("{of_first}77\n"), "{life}");
        life.prints(&["stop", "web"]);
    }
}

#[test]
fn standard_input_is_piped() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        let mut exec = life.command(&["exec", "web", "--", "sh", "-c", "cat; echo end >&2; exit 4"]);
        let mut exec = exec.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let text = "0123456789abcde\n".repeat(100_000);
        let mut stdin = exec.stdin.take().unwrap();
        let sent = text.clone();
        let writer = std::thread::spawn(move || stdin.write_all(sent.as_bytes()).unwrap());
        let output = exec.wait_with_output().unwrap();
        writer.join().unwrap();
        assert_eq!(output.status.code(), Some(4), "{life}");
        assert!(output.stdout == text.as_bytes(), "{life}: {} bytes", output.stdout.len());
        assert_eq!(output.stderr, b"end\n", "{life}");
        life.prints(&["stop", "web"]);
    }
}

#[test]
fn a_shell_at_a_terminal_has_job_control() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        let mut exec = life.command(&["exec", "web"]);
        exec.env("TERM", "of-caller");
        let mut terminal = Terminal::start(&exec);
        terminal.types("echo kind $TERM; tty; stty size\n");
        terminal.wait_for("kind of-caller");
        terminal.wait_for("/dev/");
        terminal.wait_for("24 80");
        // Ctrl-C ends what runs in it, and neither the shell nor the container.
        terminal.types("sleep 1000\n");
        life.wait_for(|| !life.processes_of("sleep 1000").is_empty(), "sleep");
        terminal.types("\x03");
        life.wait_for(|| life.processes_of("sleep 1000").is_empty(), "the end of sleep");
        // Ctrl-Z stops it.
        terminal.types("sleep 1001\n");
        life.wait_for(|| !life.processes_of("sleep 1001").is_empty(), "sleep");
        terminal.types("\x1a");
        terminal.wait_for("Stopped");
        terminal.wait_for("sleep 1001");
        terminal.types("fg\n");
        // It goes on when it has the terminal.
        life.wait_for(|| life.processes_of("sleep 1001").iter().all(|pid| !is_stopped(*pid)), "sleep to go on");
        terminal.types("\x03");
        life.wait_for(|| life.processes_of("sleep 1001").is_empty(), "the end of sleep");
        terminal.types("echo still $((40 + 2))\n");
        terminal.wait_for("still 42");
        terminal.types("exit 6\n");
        assert_eq!(terminal.wait().code(), Some(6), "{life}");
        assert_eq!(life.state("web"), "running", "{life}");
        life.prints(&["stop", "web"]);
    }
}

#[test]
fn a_new_size_arrives() {
    let bundle = server("");
    // crun does so from 1.8.7 on, and Debian 12 has 1.8.1.
    for uid in USERS {
        let life = Life::new(Runtime::Runc, uid);
        life.detach("web", &[], &bundle);
        let script = "trap 'stty size; exit 4' WINCH; echo ready; while :; do sleep 0.1; done";
        let mut terminal = Terminal::start(&life.command(&["exec", "web", "--", "sh", "-c", script]));
        terminal.wait_for("ready");
        terminal.resize(51, 123);
        terminal.wait_for("51 123");
        assert_eq!(terminal.wait().code(), Some(4), "{life}");
        life.prints(&["stop", "web"]);
    }
}

#[test]
fn a_signal_is_handed_on_to_the_command() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        let script = "trap 'echo caught; exit 5' TERM; touch /tmp/ready; while :; do sleep 0.1; done";
        let exec = life.command(&["exec", "web", "--", "sh", "-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        life.wait_for(
            || life.output(&["exec", "web", "--", "test", "-e", "/tmp/ready"]).status.success(),
            "the command",
        );
        rustix::process::kill_process(pid(exec.id()), rustix::process::Signal::TERM).unwrap();
        let output = exec.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stdout), (Some(5), b"caught\n".to_vec()), "{life}");
        assert_eq!(life.state("web"), "running", "{life}");
        life.prints(&["stop", "web"]);
    }
}

/// Whether a process is stopped (`proc_pid_stat(5)`).
fn is_stopped(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") T "))
}

fn pid(number: u32) -> rustix::process::Pid {
    rustix::process::Pid::from_raw(i32::try_from(number).unwrap()).unwrap()
}

#[test]
fn a_container_with_subordinate_ids_is_entered_as_any_user() {
    let bundle = server("user = { uid = 5; gid = 6; additionalGids = [ 7 ]; };");
    let users = Users::with("ann:100000:65536\n");
    for runtime in runtime::ALL {
        let life = Life::new(runtime, UID);
        let runtime = runtime.program();
        let words = ["run", "--runtime", runtime.to_str().unwrap(), "--detach", "--name", "web"];
        let mut run = life.command_after(&users.after("true"), &words);
        let output = run.arg(&bundle).output().unwrap();
        assert_eq!((output.stdout, output.stderr), (b"web\n".to_vec(), Vec::new()), "{life}");
        assert_eq!(life.prints(&["exec", "web", "--", "sh", "-c", "id -u; id -g; id -G"]), "5\n6\n6 7\n", "{life}");
        for (user, printed) in [("33:34", "33\n34\n34\n"), ("0:0", "0\n0\n0\n")] {
            let words = ["exec", "--user", user, "web", "--", "sh", "-c", "id -u; id -g; id -G"];
            assert_eq!(life.prints(&words), printed, "{life}");
        }
        life.prints(&["stop", "web"]);
    }
}

#[test]
fn a_container_of_its_one_user_is_entered() {
    // The one user that there is has this number; runc cannot do that.
    let bundle = server("user = { uid = 5; gid = 6; };");
    let life = Life::new(Runtime::Crun, 1234);
    let output = life.run(&["--detach", "--name", "web"]).arg(&bundle).output().unwrap();
    assert_eq!(output.stdout, b"web\n", "{output:?}");
    assert_eq!(life.prints(&["exec", "web", "--", "sh", "-c", "id -u; id -g"]), "5\n6\n", "{life}");
    life.prints(&["stop", "web"]);
}

#[test]
fn an_exec_that_is_killed_leaves_the_container_alone() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        let mut exec = life.command(&["exec", "web", "--", "sleep", "1002"]).spawn().unwrap();
        life.wait_for(|| !life.processes_of("sleep 1002").is_empty(), "sleep");
        exec.kill().unwrap();
        exec.wait().unwrap();
        assert_eq!(life.prints(&["exec", "web", "--", "echo", "inside"]), "inside\n", "{life}");
        // What it has started ends with the container.
        life.prints(&["stop", "web"]);
    }
}

#[test]
fn a_container_with_an_init_is_entered_without_it() {
    let bundle = container("trap 'exit 0' TERM; while :; do sleep 0.1; done", "init = true;");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        life.detach("web", &[], &bundle);
        assert_eq!(life.container("web").unwrap()["command"][0], "sh", "{life}");
        let of_first = life.prints(&["exec", "web", "--", "cat", "/proc/1/cmdline"]);
        assert!(!of_first.starts_with("sh\0"), "{life}: {of_first}");
        let of_exec = life.prints(&["exec", "web", "--", "cat", "/proc/self/cmdline"]);
        assert_eq!(of_exec, "cat\0/proc/self/cmdline\0", "{life}");
        life.prints(&["stop", "web"]);
    }
}
