//! Options of `oci-bundle run` that say what a container gets of its caller, and who it runs as.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::nix;
use crate::support::runner::{USERS, all, container, output, prints};
use crate::support::runtime::{self, Runtime};
use crate::support::terminal::Terminal;

/// The process that a dry run prints.
fn process(options: &[&str], bundle: &Path) -> serde_json::Value {
    let mut run = Runtime::Crun.wrapper(0);
    run.arg("--dry-run").args(options).arg(bundle);
    serde_json::from_str::<serde_json::Value>(&prints(run)).unwrap()["process"].clone()
}

/// What a run that does not start says, which is one line.
fn refused(command: &mut Command, code: i32) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    said.trim_end().to_owned()
}

#[test]
fn variables_come_from_the_caller_and_from_files() {
    let bundle = container(
        "for name in A B C D E; do eval echo $name=\\${$name-none}; done",
        "env = { A = \"a\"; D = \"d\"; };",
    );
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
    fs::write(&one, "# a comment\nB=one\nC=one\nD\n").unwrap();
    fs::write(&two, "C= two  words\nE\n").unwrap();
    for (runtime, uid) in all() {
        let mut run = runtime.wrapper(uid);
        run.env("B", "of the caller").env("E", "e").env_remove("A").env_remove("D");
        run.args(["--env", "B", "--env", "A", "--env-file"]).arg(&one).arg("--env-file").arg(&two).arg(&bundle);
        // A is the caller's, who has none. D of a file is as the bundle has it.
        let expected = "A=none\nB=of the caller\nC= two words\nD=d\nE=e\n";
        assert_eq!(prints(run), expected, "{runtime:?}: {uid}");
    }
    // Another order is the same.
    let mut run = Runtime::Crun.wrapper(0);
    run.arg("--env=C=last").arg("--env-file").arg(&two).arg(&bundle);
    assert!(prints(run).contains("C=last\n"));
    // A file may be a pipe.
    let mut run = Runtime::Crun.wrapper_prepared("exec 7<\"$PIPED\"", 0);
    run.env("PIPED", &one).args(["--env-file", "/dev/fd/7"]).arg(&bundle);
    assert!(prints(run).contains("B=one\n"));
}

#[test]
fn variables_that_cannot_be_are_named() {
    let bundle = container("exit 0", "");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("vars");
    fs::write(&file, "A=1\nexport B=2\n").unwrap();
    let said = refused(Runtime::Crun.wrapper(0).arg("--env-file").arg(&file).arg(&bundle), 1);
    let line = "vars:2: found the name 'export B', want one without spaces";
    assert_eq!(said, format!("oci-bundle: --env-file: {}/{line}", folder.path().display()));
    let said = refused(Runtime::Crun.wrapper(0).args(["--env-file", "/dev/zero"]).arg(&bundle), 1);
    assert_eq!(said, "oci-bundle: --env-file: '/dev/zero' is longer than 4194304 bytes");
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let said = refused(Runtime::Crun.wrapper(0).arg("--env-file").arg(&pipe).arg(&bundle), 1);
    let problem = "it is a named pipe, which may never end; want a file, or <(command) in a shell";
    assert_eq!(said, format!("oci-bundle: --env-file: reading '{}': {problem}", pipe.display()));
    // A link of somebody else's may lead to what only root can read.
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("/etc/shadow", &link).unwrap();
    for path in [folder.path(), &link] {
        std::os::unix::fs::lchown(path, Some(4321), Some(4321)).unwrap();
    }
    let said = refused(Runtime::Crun.wrapper(0).arg("--env-file").arg(&link).arg(&bundle), 1);
    assert!(said.ends_with("is a link that another user can change; give a path without it"), "{said}");
    let said = refused(Runtime::Crun.wrapper(0).args(["--env-file", "/none"]).arg(&bundle), 1);
    assert_eq!(said, "oci-bundle: --env-file: reading '/none': No such file or directory (os error 2)");
    let mut run = Runtime::Crun.wrapper(0);
    run.env("ODD", OsStr::from_bytes(b"\xff")).args(["--env", "ODD"]).arg(&bundle);
    let said = "oci-bundle: --env: 'ODD': its value in the environment of the caller is not UTF-8, which config.json cannot hold";
    assert_eq!(refused(&mut run, 1), said);
    let said = refused(Runtime::Crun.wrapper(0).arg(OsStr::from_bytes(b"--env=A=\xff")).arg(&bundle), 2);
    assert!(said.starts_with("oci-bundle: invalid UTF-8"), "{said}");
}

#[test]
fn a_source_may_be_relative_to_where_the_caller_is() {
    let bundle = container("cat /work/file; touch /work/new 2>/dev/null && echo written", "");
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("below")).unwrap();
    fs::write(folder.path().join("below/file"), "it\n").unwrap();
    for (runtime, uid) in all() {
        for path in [folder.path(), &folder.path().join("below")] {
            std::os::unix::fs::chown(path, Some(uid), Some(uid)).unwrap();
        }
        for (from, source) in [("below", "."), ("below", "../below"), ("", "./below"), ("", "below/")] {
            for (option, printed) in [("", "it\nwritten\n"), (":rw", "it\nwritten\n"), (":ro", "it\n")] {
                let _ = fs::remove_file(folder.path().join("below/new"));
                let mut run = runtime.wrapper(uid);
                run.current_dir(folder.path().join(from))
                    .args(["--mount", &format!("{source}:/work{option}")])
                    .arg(&bundle);
                let printed_by = String::from_utf8(output(run).stdout).unwrap();
                assert_eq!(printed_by, printed, "{runtime:?}: {uid} {from} {source} {option}");
            }
        }
    }
    let said = refused(Runtime::Crun.wrapper(0).args(["--mount", "data:/work"]).arg(&bundle), 2);
    assert!(said.ends_with("want a path, such as './data' for a directory here; --volume mounts a volume"), "{said}");
}

#[test]
fn a_terminal_has_the_type_of_the_callers() {
    let (plain, own) = (container("echo =$TERM=", ""), container("echo =$TERM=", "env.TERM = \"vt100\";"));
    for (runtime, uid) in all() {
        for (bundle, term) in [(&plain, "foot-extra"), (&own, "vt100")] {
            let mut run = runtime.wrapper(uid);
            run.env("TERM", "foot-extra").arg(bundle);
            let mut terminal = Terminal::start(&run);
            terminal.wait_for(&format!("={term}="));
            assert!(terminal.wait().success(), "{runtime:?}: {uid}");
        }
    }
    // Without a terminal there is none.
    let mut run = Runtime::Crun.wrapper(0);
    run.env("TERM", "foot-extra").arg(&plain);
    assert_eq!(prints(run), "==\n");
}

#[test]
fn home_is_that_of_the_user() {
    let bundle = container("echo $HOME $(id -u) $(id -g)", r#"user = { uid = 1000; gid = 100; name = "web"; };"#);
    let other = container("echo $HOME", r#"user = { uid = 1000; name = "web"; }; env.HOME = "/srv";"#);
    let with = |runtime: Runtime, uid, user: &str, bundle: &Path| {
        let mut run = runtime.wrapper(uid);
        run.arg(format!("--user={user}")).arg(bundle);
        prints(run)
    };
    for runtime in runtime::ALL {
        for uid in USERS {
            assert_eq!(with(runtime, uid, "0", &bundle), "/root 0 0\n", "{runtime:?}: {uid}");
            assert_eq!(with(runtime, uid, "root", &bundle), "/root 0 0\n", "{runtime:?}: {uid}");
            assert_eq!(with(runtime, uid, "0", &other), "/srv\n", "{runtime:?}: {uid}");
        }
        assert_eq!(with(runtime, 0, "web", &bundle), "/home/web 1000 100\n", "{runtime:?}");
        assert_eq!(with(runtime, 0, "nobody:web", &bundle), "/var/empty 65534 100\n", "{runtime:?}");
        assert_eq!(with(runtime, 0, "7", &bundle), "/ 7 7\n", "{runtime:?}");
    }
    let said = refused(Runtime::Crun.wrapper(0).arg("--user=ann").arg(&bundle), 1);
    let message = "--user: found 'ann', which is not in the bundle's /etc/passwd; want one that is, or a number";
    assert!(said.starts_with("oci-bundle: ") && said.ends_with(message), "{said}");
}

#[test]
fn a_bundles_list_of_users_is_its_own() {
    // Of a bundle that somebody made who wants to read other files, or to make the runner wait.
    let bundle = container("exit 0", "");
    let copy = TempDir::new().unwrap();
    let place = copy.path().join("bundle");
    assert!(
        Command::new("cp").args(["-r", "--no-preserve=mode"]).args([&*bundle, &*place]).status().unwrap().success()
    );
    let passwd = place.join("rootfs/etc/passwd");
    let secret = copy.path().join("secret");
    fs::write(&secret, "ann:x:5:5::/:/\n").unwrap();
    let make: [&dyn Fn(); 3] = [
        &|| std::os::unix::fs::symlink(&secret, &passwd).unwrap(),
        &|| std::os::unix::fs::symlink("../../../secret", &passwd).unwrap(),
        &|| assert!(Command::new("mkfifo").arg(&passwd).status().unwrap().success()),
    ];
    for make in make {
        fs::remove_file(&passwd).unwrap();
        make();
        let said = refused(Runtime::Crun.wrapper(0).args(["--dry-run", "--user=ann"]).arg(&place), 1);
        assert!(said.contains("found 'ann', which is not in the bundle's /etc/passwd"), "{said}");
    }
    assert_eq!(process(&["--user=5"], &place)["user"]["uid"], 5);
}

#[test]
fn what_is_written_to_memory_has_a_limit() {
    let bundle = container("dd if=/dev/zero of=/file bs=1M count=64 2>&1 | grep -c 'No space left' || true", "");
    for (runtime, uid) in all() {
        for (size, failures) in [("8M", "1\n"), ("256M", "0\n"), ("50%", "0\n")] {
            let mut run = runtime.wrapper(uid);
            run.args(["--tmpfs-size", size]).arg(&bundle);
            assert_eq!(prints(run), failures, "{runtime:?}: {uid} {size}");
        }
    }
    let on_tmp = "dd if=/dev/zero of=/tmp/file bs=1M count=64 2>&1 | grep -c 'No space left' || true";
    let readonly = container(
        on_tmp,
        "readonly = true; user.uid = 0; config.process.capabilities = let all = [ \"CAP_DAC_OVERRIDE\" ]; in { bounding = all; effective = all; permitted = all; };",
    );
    for (runtime, uid) in all() {
        for (size, failures) in [("8M", "1\n"), ("256M", "0\n")] {
            let mut run = runtime.wrapper(uid);
            run.args(["--tmpfs-size", size]).arg(&readonly);
            assert_eq!(prints(run), failures, "{runtime:?}: {uid} {size}");
        }
    }
    let without = container("exit 0", "readonly = true; mounts.\"/tmp\" = null;");
    let said = refused(Runtime::Crun.wrapper(0).args(["--tmpfs-size", "1G"]).arg(&without), 1);
    assert!(
        said.ends_with("the container writes nothing to memory: it has no tmpfs on /tmp and no root in memory"),
        "{said}"
    );
}

#[test]
fn the_script_of_a_container_has_its_own_help_and_hints() {
    let program =
        nix::build(r#"(buildContainer { name = "it"; args = [ "${pkgs.busybox}/bin/busybox" "echo" ]; }).run"#);
    let program = program.join("bin/run-it");
    let help = output({
        let mut run = Command::new(&program);
        run.arg("--help");
        run
    });
    let text = String::from_utf8(help.stdout).unwrap();
    assert_eq!(help.status.code(), Some(0), "{text}");
    assert!(text.contains("Usage: run-it [OPTIONS] [-- <ARGS>...]"), "{text}");
    let hint =
        "oci-bundle: unexpected argument 'ls' found; write '--' before the arguments of the container's program: -- ls";
    assert_eq!(refused(Command::new(&program).args(["ls", "/"]), 2), hint);
    let bundle = container("exit 0", "");
    assert_eq!(refused(Runtime::Crun.wrapper(0).arg(&bundle).arg("ls"), 2), hint);
}
