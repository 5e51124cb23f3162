//! An init as the first process of a container: the argument `init`, and `oci-bundle run --init`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::built::Built;
use crate::support::nix;
use crate::support::runner::{all, container, prints, refusal};
use crate::support::runtime::{self, Runtime};
use crate::support::terminal::Terminal;
use crate::support::tree;

/// A program without a handler for any signal, which ends with 0 if none has ended it.
fn sleeps(seconds: u32, arguments: &str) -> Built {
    container(&format!("echo ready > /srv/ready; echo ready; exec sleep {seconds}"), arguments)
}

/// How a container gets an init: arguments of the bundle, and options of the run.
const WAYS: [(&str, &[&str]); 2] = [("init = true;", &[]), ("", &["--init"])];

/// A directory that a user may write to, as /srv of containers.
fn folder(uid: u32) -> TempDir {
    let folder = TempDir::new().unwrap();
    std::os::unix::fs::chown(folder.path(), Some(uid), Some(uid)).unwrap();
    folder
}

/// `run` with these options.
fn run(runtime: Runtime, uid: u32, options: &[&str], bundle: &Path) -> Command {
    let mut run = runtime.wrapper(uid);
    run.args(options).arg(bundle);
    run
}

/// `run` with these options, and with the directory as /srv.
fn run_with(folder: &TempDir, (runtime, uid): (Runtime, u32), options: &[&str], bundle: &Path) -> Command {
    let mount = format!("--mount={}:/srv", folder.path().display());
    run(runtime, uid, &[&[mount.as_str()], options].concat(), bundle)
}

/// Waits for a file, for as long as a container may take to start on a busy machine.
fn wait_for(file: &Path) {
    let is_there = |_| {
        std::thread::sleep(Duration::from_millis(20));
        file.exists()
    };
    assert!((0..3_000).any(is_there), "'{}' does not appear", file.display());
}

/// Lets the shell become the program.
fn pause() {
    std::thread::sleep(Duration::from_millis(300));
}

/// The exit code of a run that is sent a signal.
fn code_after(signal: &str, folder: &TempDir, mut run: Command) -> Option<i32> {
    let mut run = run.stdout(Stdio::null()).spawn().unwrap();
    wait_for(&folder.path().join("ready"));
    pause();
    let kill = Command::new("kill").args([&format!("-{signal}"), &run.id().to_string()]).status().unwrap();
    assert!(kill.success());
    run.wait().unwrap().code()
}

#[test]
fn signals_end_a_program_that_has_no_handler() {
    for (arguments, options) in WAYS {
        let bundle = sleeps(20, arguments);
        for as_whom in all() {
            for (signal, code) in [("TERM", 143), ("INT", 130)] {
                let folder = folder(as_whom.1);
                let found = code_after(signal, &folder, run_with(&folder, as_whom, options, &bundle));
                assert_eq!(found, Some(code), "{as_whom:?}: {arguments} {options:?} {signal}");
            }
        }
    }
}

#[test]
fn without_an_init_they_do_not() {
    let bundle = sleeps(2, "init = false;");
    for as_whom in all() {
        for signal in ["TERM", "INT"] {
            let folder = folder(as_whom.1);
            let found = code_after(signal, &folder, run_with(&folder, as_whom, &[], &bundle));
            assert_eq!(found, Some(0), "{as_whom:?}: {signal}");
        }
    }
}

#[test]
fn control_c_ends_a_program_that_has_no_handler() {
    for (arguments, options, seconds, code) in
        [("init = true;", &[][..], 20, 130), ("", &["--init"], 20, 130), ("", &[], 2, 0)]
    {
        let bundle = sleeps(seconds, arguments);
        for as_whom in all() {
            let folder = folder(as_whom.1);
            let mut terminal = Terminal::start(&run_with(&folder, as_whom, options, &bundle));
            terminal.wait_for("ready");
            pause();
            terminal.types("\x03");
            assert_eq!(terminal.wait().code(), Some(code), "{as_whom:?}: {arguments} {options:?}");
        }
    }
}

#[test]
fn the_exit_code_is_the_programs() {
    for (script, code) in [("exit 0", 0), ("exit 3", 3), ("kill -KILL $$", 137), ("kill -USR1 $$", 138)] {
        for (arguments, options) in WAYS {
            let bundle = container(script, arguments);
            for (runtime, uid) in all() {
                let status = run(runtime, uid, options, &bundle).status().unwrap();
                assert_eq!(status.code(), Some(code), "{runtime:?}: {uid} {arguments} {options:?} {script}");
            }
        }
    }
}

/// Leaves a process whose parent ends, and counts what is a zombie when it has ended too. sleep waits for nobody.
const ORPHAN: &str = "
    (
        sh -c 'sleep 0.2 &'
        sleep 0.7
        grep -c '^State:.Z' /proc/[0-9]*/status | grep -c ':1$'
    ) &
    exec sleep 1.5
";

#[test]
fn what_nobody_waits_for_is_reaped() {
    for (arguments, options, zombies) in [("init = true;", &[][..], "0\n"), ("", &["--init"], "0\n"), ("", &[], "1\n")]
    {
        let bundle = container(ORPHAN, arguments);
        for (runtime, uid) in all() {
            let printed = prints(run(runtime, uid, options, &bundle));
            assert_eq!(printed, zombies, "{runtime:?}: {uid} {arguments} {options:?}");
        }
    }
}

#[test]
fn it_adopts_also_where_it_is_not_the_first_process() {
    let script = "
        sh -c 'sleep 1 & echo $! > /tmp/orphan'
        sleep 0.2
        [ $(cut -d' ' -f4 /proc/$(cat /tmp/orphan)/stat) = $PPID ] && [ $PPID != 1 ] && echo adopted
        exit 3";
    let namespaces = r#"map (type: { inherit type; }) [ "network" "ipc" "uts" "mount" "cgroup" ]"#;
    for (arguments, options) in WAYS {
        let bundle = container(script, &format!("{arguments} config.linux.namespaces = {namespaces};"));
        for (runtime, uid) in all() {
            let output = run(runtime, uid, options, &bundle).output().unwrap();
            assert_eq!(
                String::from_utf8_lossy(&output.stdout),
                "adopted\n",
                "{runtime:?}: {uid} {options:?} {output:?}"
            );
            assert_eq!(output.status.code(), Some(3), "{runtime:?}: {uid} {options:?} {output:?}");
        }
    }
}

#[test]
fn it_stays_in_front_of_what_the_command_line_names() {
    let bundle = container("exit 9", "init = true;");
    let plain = container("exit 9", "");
    let show = "tr '\\0' ' ' < /proc/1/cmdline";
    for (bundle, options, init) in [(&bundle, &[][..], "/bin/catatonit"), (&plain, &["--init"], "/dev/oci-bundle-init")]
    {
        for (runtime, uid) in all() {
            let mut run_args = run(runtime, uid, options, bundle);
            let printed = prints({
                run_args.args(["--", "-c", show]);
                run_args
            });
            assert!(printed.ends_with(&format!("{init} -- sh -c {show} ")), "{runtime:?}: {uid} {printed}");
            let mut shell = run(runtime, uid, &[options, &["--shell"]].concat(), bundle);
            shell.args(["--", "-c", show]);
            let printed = prints(shell);
            assert!(printed.ends_with(&format!("{init} -- /bin/sh -c {show} ")), "{runtime:?}: {uid} {printed}");
        }
    }
}

/// What a dry run with these options prints.
fn planned(options: &[&str], bundle: &Path) -> Value {
    let mut run = Runtime::Crun.wrapper(0);
    run.arg("--dry-run").args(options).arg(bundle);
    serde_json::from_str(&prints(run)).unwrap()
}

#[test]
fn a_bundle_that_has_one_gets_no_other() {
    let bundle = container("exit 0", "init = true;");
    assert_eq!(planned(&["--init"], &bundle), planned(&[], &bundle));
    // Not even one that is not there.
    let mut run = run(Runtime::Crun, 0, &["--init"], &bundle);
    run.env("OCI_INIT", "/none");
    assert_eq!(prints(run), "");
    // An annotation alone makes none.
    let plain = container("exit 0", "");
    let copy = tree::writable(&plain);
    let file = copy.path().join("config.json");
    let mut document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    document["annotations"]["io.github.oci-bundle.run"] = json!(r#"{"init":"/bin/sh"}"#);
    fs::write(&file, document.to_string()).unwrap();
    assert_eq!(planned(&["--init"], copy.path())["process"]["args"][0], "/dev/oci-bundle-init");
}

#[test]
fn a_root_that_nothing_is_written_to_stays_as_it_is() {
    let show = "ls -A /; grep -c '^overlay / ' /proc/mounts || true";
    let bundle = container(show, "readonly = true;");
    let mounted = "grep -c ' /dev/oci-bundle-init .*[ ,]ro,' /proc/mounts || true";
    for (runtime, uid) in all() {
        let without = prints(run(runtime, uid, &[], &bundle));
        assert!(without.ends_with("\n0\n"), "{without}");
        assert_eq!(prints(run(runtime, uid, &["--init"], &bundle)), without, "{runtime:?}: {uid}");
        let mut run = run(runtime, uid, &["--init"], &bundle);
        run.args(["--", "-c", mounted]);
        assert_eq!(prints(run), "1\n", "{runtime:?}: {uid}");
    }
}

#[test]
fn a_directory_of_the_host_gets_no_file() {
    let bundle = container("tr '\\0' ' ' < /proc/1/cmdline | cut -d' ' -f1", "mounts.\"/dev\" = \"/dev\";");
    for (runtime, uid) in all() {
        assert_eq!(prints(run(runtime, uid, &["--init"], &bundle)), "/.oci-bundle-init\n", "{runtime:?}: {uid}");
        assert!(!Path::new("/dev/oci-bundle-init").exists(), "{runtime:?}: {uid}");
    }
}

#[test]
fn an_init_that_will_not_do_is_named() {
    let bundle = container("exit 0", "");
    let with = |init: &str| {
        let mut run = run(Runtime::Crun, 0, &["--init"], &bundle);
        run.env("OCI_INIT", init);
        refusal(run)
    };
    let dynamic = nix::program("hello");
    let dynamic = dynamic.display();
    for (init, said) in [
        ("/none".to_owned(), "no init '/none'; OCI_INIT takes a path, or a name on PATH".to_owned()),
        ("no-such-init".to_owned(), "no init 'no-such-init'; OCI_INIT takes a path, or a name on PATH".to_owned()),
        (dynamic.to_string(), format!("the init '{dynamic}' asks for '")),
    ] {
        let found = with(&init);
        assert_eq!(found.lines().count(), 1, "{found}");
        assert!(found.contains(&format!("--init: {said}")), "{found}");
    }
    // PATH has what oci-bundle and this test need, and no init.
    let tools = TempDir::new().unwrap();
    fs::set_permissions(tools.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut run = Runtime::Crun.wrapper_prepared(&format!("export PATH={}", tools.path().display()), 0);
    run.arg("--init").arg(&bundle);
    let found = refusal(run);
    let said =
        "no init: catatonit, tini-static, docker-init are not on PATH; install catatonit, or name one with OCI_INIT\n";
    assert!(found.ends_with(said), "{found}");
    // Of those that are there, one that will do.
    for (name, target) in [("catatonit", dynamic.to_string()), ("tini-static", catatonit())] {
        std::os::unix::fs::symlink(target, tools.path().join(name)).unwrap();
    }
    let mut run = Runtime::Crun.wrapper_prepared(&format!("export PATH={}", tools.path().display()), 0);
    run.arg("--init").arg(&bundle);
    assert_eq!(prints(run), "");
}

/// The package set's.
fn catatonit() -> String {
    nix::program("catatonit").to_str().unwrap().to_owned()
}

#[test]
fn a_wrapper_names_the_init_of_the_package_set() {
    let program = nix::build(
        r#"(buildContainer { name = "it"; args = [ "${pkgs.busybox}/bin/busybox" "cat" "/proc/1/comm" ]; }).run"#,
    );
    let mut run = Command::new("unshare");
    run.args(["--mount", "sh", "-c", "umount /sys/fs/cgroup/unified 2>/dev/null; exec \"$@\"", "sh"]);
    run.arg(program.join("bin/run-it")).arg("--init");
    assert_eq!(prints(run), "oci-bundle-init\n");
    let mut run = Command::new(program.join("bin/run-it"));
    run.env("OCI_INIT", "/none").arg("--init");
    assert!(refusal(run).contains("--init: no init '/none'"));
    let script = fs::read_to_string(program.join("bin/run-it")).unwrap();
    assert!(script.contains(&format!("OCI_INIT:-'{}'", catatonit())), "{script}");
}

#[test]
fn sockets_are_the_programs() {
    // crun 1.8 tells no container of them.
    let script = "ls /proc/$$/fd; echo fds=$LISTEN_FDS; [ \"${LISTEN_PID:-$$}\" = $$ ] && echo own";
    let preparation = "exec 3</dev/null 4</dev/null && export LISTEN_FDS=2 LISTEN_PID=$$";
    let printed = |(runtime, uid): (Runtime, u32), options: &[&str], bundle: &Path| {
        let mut run = runtime.wrapper_prepared(preparation, uid);
        run.args(options).arg(bundle);
        prints(run)
    };
    let plain = container(script, "");
    for (arguments, options) in WAYS {
        let bundle = container(script, arguments);
        for as_whom in all() {
            let without = printed(as_whom, &[], &plain);
            assert!(without.contains("\n3\n4\n") && without.ends_with("\nown\n"), "{as_whom:?}: {without}");
            assert_eq!(printed(as_whom, options, &bundle), without, "{as_whom:?}: {options:?}");
        }
    }
}

#[test]
fn every_runtime_starts_it_by_itself() {
    for runtime in runtime::ALL {
        let folder = folder(0);
        let mounted = format!("init = true; readonly = true; mounts.\"/srv\" = \"{}\";", folder.path().display());
        let container = runtime.sealed().start(&sleeps(20, &mounted));
        wait_for(&folder.path().join("ready"));
        pause();
        container.kill("TERM");
        let Output { status, stdout, .. } = container.wait();
        assert_eq!((status.code(), &*String::from_utf8_lossy(&stdout)), (Some(143), "ready\n"), "{runtime:?}");
    }
}

#[test]
fn a_test_of_a_container_stops_it_in_a_moment() {
    // What is executed is no child of an init: its parent is outside.
    let script = "
      container start
      container wait-output ready
      container exec sh -c '[ $PPID = 0 ]'
      container stop --time 3";
    for (init, code) in [("init = true;", 143), ("", 137)] {
        let built = nix::build(&format!(
            "((buildContainer {{
                name = \"waits\";
                args = [ \"sh\" \"-c\" \"echo ready; exec sleep 1000\" ];
                contents = [ pkgs.busybox ];
                {init}
              }}).test {{ script = {}; }})",
            nix::string(script)
        ));
        let result: Value = serde_json::from_slice(&fs::read(built.join("result.json")).unwrap()).unwrap();
        assert_eq!(result["containers"]["waits"]["runs"][0]["exitCode"], code, "{init}");
    }
}
