//! `oci-bundle run` at a terminal.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::nix;
use crate::support::runner::{USERS, all, container, prints};
use crate::support::runtime::{Runtime, command_for_user, command_prepared};
use crate::support::terminal::Terminal;

fn at_terminal(runtime: Runtime, uid: u32, bundle: &Path) -> Terminal {
    let mut run = runtime.wrapper(uid);
    run.arg(bundle);
    Terminal::start(&run)
}

#[test]
fn a_container_has_the_terminal_and_its_size() {
    let bundle = container("tty; read line; stty size; exit 3", "");
    for (runtime, uid) in all() {
        let mut terminal = at_terminal(runtime, uid, &bundle);
        terminal.wait_for("/dev/");
        terminal.types("\n");
        terminal.wait_for("24 80");
        assert_eq!(terminal.wait().code(), Some(3), "{runtime:?}: {uid}");
    }
}

#[test]
fn a_new_size_arrives() {
    let script = "trap 'stty size; exit 4' WINCH; echo ready; while :; do sleep 0.1; done";
    let bundle = container(script, "");
    // crun does so from 1.8.7 on, and Debian 12 has 1.8.1: its container gets the signal, but not the size.
    for uid in USERS {
        let mut terminal = at_terminal(Runtime::Runc, uid, &bundle);
        terminal.wait_for("ready");
        terminal.resize(51, 123);
        terminal.wait_for("51 123");
        assert_eq!(terminal.wait().code(), Some(4), "{uid}");
    }
}

#[test]
fn control_c_arrives() {
    let bundle = container("trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.1; done", "");
    for (runtime, uid) in all() {
        let mut terminal = at_terminal(runtime, uid, &bundle);
        terminal.wait_for("ready");
        terminal.types("\x03");
        terminal.wait_for("caught");
        assert_eq!(terminal.wait().code(), Some(5), "{runtime:?}: {uid}");
    }
}

#[test]
fn a_terminal_is_as_it_was_where_the_runtime_is_killed() {
    let bundle = container("echo ready; sleep 60", "terminal = true;");
    for (runtime, uid) in all() {
        let name = format!("modes-{runtime:?}-{uid}-{}", std::process::id());
        let mut run = runtime.wrapper(uid);
        run.args(["--name", &name]).arg(&bundle);
        let mut terminal = Terminal::start(&run);
        terminal.wait_for("ready");
        assert!(!terminal.echoes(), "{runtime:?}: {uid}");
        let mut ps = command_for_user(&nix::program("oci-bundle"), uid);
        ps.args(["ps", "--json"]);
        let listed: serde_json::Value = serde_json::from_str(&prints(ps)).unwrap();
        let listed = listed.as_array().unwrap().iter().find(|listed| listed["name"] == name.as_str()).unwrap();
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", listed["pid"])).unwrap();
        // The monitor starts it last.
        let started = children.split_whitespace().last().unwrap();
        assert!(Command::new("kill").args(["-KILL", started]).status().unwrap().success(), "{children}");
        let echoes = |_| {
            std::thread::sleep(Duration::from_millis(20));
            terminal.echoes()
        };
        assert!((0..500).any(echoes), "{runtime:?}: {uid}");
        assert_eq!(terminal.wait().code(), Some(137), "{runtime:?}: {uid}");
    }
}

/// What a container has as its outputs.
const OUTPUTS: &str = "for number in 1 2; do
    [ ! -t $number ] && [ \"$(readlink /proc/self/fd/$number | cut -c 1-5)\" = pipe: ] && echo \"$number is a pipe\"
done
echo done";

#[test]
fn an_output_that_could_be_read_is_copied_to() {
    let bundle = container(OUTPUTS, "");
    let server = container("while :; do sleep 1; done", "init = true;");
    for (runtime, uid) in all() {
        // Standard input is no terminal, and the outputs are.
        let mut terminal = Terminal::start(runtime.wrapper_prepared("exec </dev/null", uid).arg(&*bundle));
        let said = terminal.wait_for("done");
        assert!(said.contains("1 is a pipe") && said.contains("2 is a pipe"), "{runtime:?} {uid}: {said}");
        assert_eq!(terminal.wait().code(), Some(0), "{runtime:?} {uid}");

        let name = format!("copied-{runtime:?}-{uid}-{}", std::process::id());
        let mut run = runtime.wrapper(uid);
        run.args(["--detach", "--name", &name]).arg(&*server);
        prints(run);
        let ours = |words: &[&str]| {
            let mut command = command_prepared("exec </dev/null", &nix::program("oci-bundle"), uid);
            command.args(words);
            command
        };
        let mut terminal = Terminal::start(&ours(&["exec", &name, "--", "sh", "-c", OUTPUTS]));
        let said = terminal.wait_for("done");
        assert!(said.contains("1 is a pipe") && said.contains("2 is a pipe"), "{runtime:?} {uid}: {said}");
        assert_eq!(terminal.wait().code(), Some(0), "{runtime:?} {uid}");
        // One that is left behind holds nobody up; runc waits for it.
        if runtime == Runtime::Crun {
            let mut terminal = Terminal::start(&ours(&["exec", &name, "--", "sh", "-c", "sleep 27 & echo started"]));
            terminal.wait_for("started");
            assert_eq!(terminal.wait().code(), Some(0), "{uid}");
            let goes_on = prints(ours(&["exec", &name, "--", "ps"]));
            assert!(goes_on.contains("sleep 27"), "{uid}: {goes_on}");
        }
        prints(ours(&["stop", "--time", "0", &name]));
    }
}

/// Reads a line, and would empty the file from which it comes.
const INPUT: &str = "head -n 1
readlink /proc/self/fd/0 | cut -c 1-5
: 2>/dev/null >/proc/self/fd/0
echo done";

/// The processes are the host's.
const OF_HOST: &str =
    r#"config.linux.namespaces = map (type: { inherit type; }) [ "mount" "network" "ipc" "uts" "cgroup" ];"#;

#[test]
fn a_file_that_is_read_cannot_be_written_to() {
    let bundle = container(INPUT, "");
    let servers = [("", "own"), (OF_HOST, "hosts")];
    let servers =
        servers.map(|(pid, kind)| (container("while :; do sleep 1; done", &format!("init = true; {pid}")), kind));
    let text = "first\n".to_owned() + &"another\n".repeat(100_000);
    for (runtime, uid) in all() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), &text).unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o666)).unwrap();
        let check = |mut command: Command, what: &str| {
            command.stdin(fs::File::open(file.path()).unwrap());
            assert_eq!(prints(command), "first\npipe:\ndone\n", "{runtime:?} {uid}: {what}");
            assert!(
                fs::read_to_string(file.path()).unwrap() == text,
                "{runtime:?} {uid}: {what}: the file has changed"
            );
        };
        let mut run = runtime.wrapper(uid);
        run.arg(&*bundle);
        check(run, "run");
        for (server, kind) in &servers {
            let name = format!("read-{kind}-{runtime:?}-{uid}-{}", std::process::id());
            let mut run = runtime.wrapper(uid);
            run.args(["--detach", "--name", &name]).arg(&**server);
            prints(run);
            let ours = |words: &[&str]| {
                let mut command = command_for_user(&nix::program("oci-bundle"), uid);
                command.args(words);
                command
            };
            check(ours(&["exec", &name, "--", "sh", "-c", INPUT]), kind);
            prints(ours(&["stop", "--time", "0", &name]));
        }
    }
}

/// A container at a terminal has that, and no file that is an output beside it.
#[test]
fn a_file_beside_a_terminal_stays_the_callers() {
    let bundle = container("test -t 0 && test -t 1 && test -t 2 && echo printed", "user.uid = 4321;");
    for runtime in crate::support::runtime::ALL {
        let folder = tempfile::TempDir::new().unwrap();
        for (redirection, printed) in [("> out", "printed"), ("2> out", ""), ("> out 2>&1", "printed")] {
            let file = folder.path().join("out");
            let preparation = format!("cd {} && umask 077 && exec {redirection}", folder.path().display());
            let mut run = runtime.wrapper_prepared(&preparation, 0);
            let mut terminal = Terminal::start(run.arg(&*bundle));
            if printed.is_empty() {
                terminal.wait_for("printed");
            }
            assert_eq!(terminal.wait().code(), Some(0), "{runtime:?}: {redirection}");
            let found = fs::metadata(&file).unwrap();
            assert_eq!((found.uid(), found.mode() & 0o777), (0, 0o600), "{runtime:?}: {redirection}");
            assert_eq!(fs::read_to_string(&file).unwrap().trim_end(), printed, "{runtime:?}: {redirection}");
        }
    }
}

#[test]
fn a_file_is_read_to_its_end() {
    let text: String = (0..100_000).map(|number| format!("{number}\n")).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &text).unwrap();
    let bundle = container("cat", "");
    for (runtime, uid) in all() {
        let mut run = runtime.wrapper(uid);
        run.arg(&*bundle).stdin(fs::File::open(file.path()).unwrap());
        assert!(prints(run) == text, "{runtime:?} {uid}");
    }
}

#[test]
fn a_file_gets_all_that_is_printed() {
    let bundle = container("seq 100000; echo last >&2; exit 3", "");
    for (runtime, uid) in all() {
        let [out, err] = [(); 2].map(|()| tempfile::NamedTempFile::new().unwrap());
        let mut run = runtime.wrapper(uid);
        run.arg(&*bundle).stdout(out.reopen().unwrap()).stderr(err.reopen().unwrap());
        assert_eq!(run.status().unwrap().code(), Some(3), "{runtime:?} {uid}");
        let printed = fs::read_to_string(out.path()).unwrap();
        assert_eq!((printed.lines().count(), printed.lines().last()), (100_000, Some("100000")), "{runtime:?} {uid}");
        assert!(fs::read_to_string(err.path()).unwrap().ends_with("last\n"), "{runtime:?} {uid}");
    }
}
