//! `container.test` and `container.tests.starts`: one run in Nix's sandbox.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::nix;

/// A container with a shell that runs this script.
fn shell(script: &str, arguments: &str) -> String {
    let script = nix::string(script);
    format!(
        "(buildContainer {{ args = [ \"${{pkgs.bash}}/bin/bash\" \"-c\" {script} ]; \
         contents = [ pkgs.bash pkgs.coreutils ]; {arguments} }})"
    )
}

/// What the build of a test says that has to fail.
fn failure(test: &str) -> String {
    nix::build_fails(test)
}

#[test]
fn everything_that_is_expected_may_be_there() {
    let container = shell("cat; echo $GREETING $1 >&2; echo made > /made; rm /etc/hosts; exit 3", "");
    let result = nix::build(&format!(
        r#"{container}.test {{
             args = [ "-c" "cat; echo $GREETING $0 >&2; echo made > /made; rm /etc/hosts; exit 3" "you" ];
             env.GREETING = "hello";
             stdin = "in\n";
             exitCode = 3;
             stdout = "in\n";
             stderr.match = "^hello you$";
             files."/made" = "made\n";
             files."/etc/hostname".match = "bash";
             files."/etc/hosts" = null;
             files."/bin/zsh" = null;
           }}"#
    ));
    assert_eq!(fs::read_to_string(result.join("stdout")).unwrap(), "in\n");
    assert_eq!(fs::read_to_string(result.join("stderr")).unwrap(), "hello you\n");
    let json: serde_json::Value = serde_json::from_slice(&fs::read(result.join("result.json")).unwrap()).unwrap();
    assert_eq!(json["exitCode"], 3);
}

#[test]
fn a_mounted_store_a_read_only_root_and_another_user_are_tested_as_well() {
    for arguments in [
        "store = \"mount\";",
        "readonly = true;",
        "user.uid = 1000;",
        "mounts.\"/data\" = { type = \"tmpfs\"; };",
        "seccomp = null;",
        "terminal = true;",
    ] {
        let container = shell("echo out > /tmp/file; cat /tmp/file", arguments);
        nix::build(&format!("{container}.test {{ stdout = \"out\\n\"; }}"));
    }
}

#[test]
fn a_volume_is_there_for_the_time_of_the_test() {
    for arguments in ["", "readonly = true;", "user.uid = 1000;"] {
        let script = "echo kept > /data/file; read line < /data/file; echo $line";
        let container = shell(script, &format!("volumes = [ \"/data\" ]; {arguments}"));
        nix::build(&format!("{container}.test {{ stdout = \"kept\\n\"; }}"));
    }
}

#[test]
fn a_container_that_starts_passes_and_another_one_does_not() {
    nix::build("(example \"hello\" { inherit pkgs; }).tests.starts");
    nix::build(&format!("{}.tests.starts", shell("exec sleep 1000", "")));
    let said = failure(&format!("{}.tests.starts", shell("echo no configuration >&2; exit 78", "")));
    assert!(said.contains("exit code: found 78, want 0"), "{said}");
    assert!(said.contains("its stderr:\n  no configuration\n"), "{said}");
}

#[test]
fn what_is_not_as_expected_is_shown() {
    let container = shell("echo one; echo two; echo three >&2", "");
    for (test, shown) in [
        ("exitCode = 1;", "exit code: found 0, want 1\n"),
        ("stdout = \"one\\n2\\n\";", "stdout: not as expected (- expected, + found):\n  - 2\n  + two\n"),
        ("stderr.match = \"four\";", "  nothing in it matches \"four\"\n"),
        ("files.\"/none\" = \"x\";", "files.\"/none\": there is no such file\n"),
        ("files.\"/etc/passwd\" = null;", "files.\"/etc/passwd\": found a file, want none\n"),
        ("files.\"/tmp/x\" = \"x\";", "it is below the mount on \"/tmp\", which is gone when the container has ended"),
        ("files.\"/etc\" = \"x\";", "files.\"/etc\": it is a directory, want a file\n"),
        ("exitcode = 1;", "container.test: exitcode: no such attribute of a test (did you mean 'exitCode'?)"),
    ] {
        let said = failure(&format!("{container}.test {{ {test} }}"));
        assert!(said.contains(shown), "{test}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
    let said = failure(&format!("{container}.test {{ exitCode = 1; args = [ \"-c\" \"echo 'a b'; exit 0\" ]; }}"));
    assert!(said.contains("its stdout:\n  a b\n"), "{said}");
    assert!(said.contains("to run it by hand: oci-bundle run /nix/store/"), "{said}");
    let said = failure(&format!("{}.test {{ files.\"/made\" = \"\"; }}", shell("exit 0", "readonly = true;")));
    assert!(
        said.contains("files: the container is 'readonly', so nothing of what it writes can be looked at"),
        "{said}"
    );
    let said = failure("(example \"hello\" { inherit pkgs; }).test \"x\"");
    assert!(said.contains("test: found the string \"x\", want an attribute set"), "{said}");
}

/// Builds a test outside of Nix's sandbox, whose pid namespace would end what ours has to. Gives what Nix said.
fn unsandboxed(test: &str) -> (bool, String) {
    let output = nix::nix_build(test).args(["--option", "sandbox", "false"]).output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

/// Asserts that no process sleeps for so long.
fn assert_none_sleeps(seconds: &str, script: &str) {
    let left = std::process::Command::new("pgrep").args(["-f", &format!("^sleep {seconds}")]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "", "{script}");
}

/// Asserts that no cgroup of a container in another pid namespace is left.
fn assert_no_cgroups_are_left() {
    let find = ["/sys/fs/cgroup", "-type", "d", "-name", "oci-bundle-[0-9]-*"];
    let left = std::process::Command::new("find").args(find).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "");
}

#[test]
fn what_does_not_end_is_stopped_with_all_that_it_started() {
    for script in [
        "echo begun; sleep 4321",
        "trap '' TERM; echo begun; while true; do sleep 4321; done",
        "echo begun; sleep 4321 & sleep 4321 & wait",
        "echo begun; (sleep 4321 &) ; sleep 4321",
    ] {
        let start = Instant::now();
        let (is_built, said) = unsandboxed(&format!("{}.test {{ timeout = 1; }}", shell(script, "")));
        assert!(!is_built, "{script}");
        assert!(said.contains("it has not ended after 1 s, and was killed"), "{script}: {said}");
        assert!(said.contains("its stdout:\n  begun\n"), "{script}: {said}");
        assert!(start.elapsed() < Duration::from_secs(60), "{script}");
        assert_none_sleeps("4321", script);
        assert_no_cgroups_are_left();
    }
}

/// A container that daemonises has ended, and its namespace ends the daemon. With the host's processes, crun waits for the daemon as
/// well, until the time is over, and the test's own namespace ends it.
#[test]
fn what_goes_on_behind_its_container_does_not_outlive_it() {
    const NAMESPACES: &str =
        "config.linux.namespaces = map (type: { inherit type; }) [ \"mount\" \"network\" \"ipc\" \"uts\" ];";
    let script = "sleep 5432 > /dev/null 2>&1 & exit 0";
    let (is_built, said) = unsandboxed(&format!("{}.test {{ stdout = \"\"; }}", shell(script, "")));
    assert!(is_built, "{said}");
    assert_none_sleeps("5432", script);
    let (is_built, said) = unsandboxed(&format!("{}.test {{ timeout = 2; }}", shell(script, NAMESPACES)));
    assert!(!is_built && said.contains("it has not ended after 2 s, and was killed"), "{said}");
    assert_none_sleeps("5432", script);
}

#[test]
fn large_and_binary_output_is_read_to_its_end() {
    let container = shell("head -c 100000000 /dev/zero; head -c 1000 /dev/urandom; echo end >&2", "");
    nix::build(&format!("{container}.test {{ stdout.match = \"(?-u)^\\\\x00\"; stderr = \"end\\n\"; }}"));
    let said = failure(&format!("{container}.test {{ stdout = \"\"; }}"));
    assert!(said.contains("stdout: found 100001000 bytes, which is more than is compared"), "{said}");
}

#[test]
fn what_was_killed_has_the_code_of_its_signal() {
    nix::build(&format!("{}.test {{ exitCode = 137; }}", shell("(kill -KILL $BASHPID); exit $?", "")));
}

/// As on a machine whose kernel gives ordinary users no namespaces.
#[test]
fn a_host_without_user_namespaces_is_told_the_setting() {
    let folder = tempfile::TempDir::new().unwrap();
    let errors = folder.path().join("errors");
    let program = nix::program("oci-bundle");
    let script = format!(
        "echo 0 > /proc/sys/user/max_user_namespaces && exec {} hold-process-tree --errors {} -- true",
        program.display(),
        errors.display()
    );
    let status =
        std::process::Command::new("unshare").args(["--user", "--map-root-user", "sh", "-c", &script]).status();
    assert!(!status.unwrap().success());
    let said = fs::read_to_string(&errors).unwrap();
    assert!(said.starts_with("making namespaces (unshare(2)), as a container needs them"), "{said}");
    assert!(said.contains("; this host has user.max_user_namespaces = 0"), "{said}");
}
