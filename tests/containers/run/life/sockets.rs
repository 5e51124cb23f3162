//! Sockets of the caller, as `sd_listen_fds(3)` has it.

use crate::support::life::Life;
use crate::support::runner::{all, container, output};

/// Prints what there is, and whether it is for this process.
const SCRIPT: &str = "ls /proc/1/fd | tr '\\n' ' '; echo fds=$LISTEN_FDS; [ \"$LISTEN_PID\" = $$ ] && echo mine";

#[test]
fn sockets_are_those_of_the_first_process() {
    let bundle = container(&format!("{SCRIPT}; exit 0"), "");
    let preparation = "exec 3</dev/null 4</dev/null 5</ && export LISTEN_FDS=2 LISTEN_PID=$$";
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        let program = runtime.program();
        let run = ["run", "--runtime", program.to_str().unwrap()];
        let mut started = life.command_after(preparation, &run);
        started.arg(&bundle);
        let output = output(started);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(printed.contains("0 1 2 3 4 ") && printed.ends_with("fds=2\nmine\n"), "{life}: {output:?}");
    }
}

#[test]
fn a_detached_container_gets_them_too() {
    let bundle = container(&format!("{SCRIPT}; sleep 1000"), "");
    let preparation = "exec 3</dev/null 4</dev/null 5</ && export LISTEN_FDS=2 LISTEN_PID=$$";
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        let program = runtime.program();
        let run = ["run", "--runtime", program.to_str().unwrap(), "--detach", "--name", "web"];
        let mut started = life.command_after(preparation, &run);
        started.arg(&bundle);
        let output = output(started);
        assert_eq!(output.stdout, b"web\n", "{life}: {output:?}");
        life.wait_for_log("web", "fds=");
        let printed = life.prints(&["logs", "web"]);
        assert!(printed.contains("0 1 2 3 4 ") && printed.ends_with("fds=2\nmine\n"), "{life}: {printed}");
        life.prints(&["kill", "web"]);
    }
}
