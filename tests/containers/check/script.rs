//! `container.test { script = …; }`: scripts that start a container and talk to it, in Nix's sandbox.

use std::fs;

use serde_json::Value;

use crate::support::nix;

/// A web server that serves a page on this port.
fn web(port: &str, arguments: &str) -> String {
    format!(
        "(buildContainer {{
           name = \"web\";
           args = [ \"busybox\" \"httpd\" \"-f\" \"-v\" \"-p\" \"{port}\" \"-h\" \"/www\" ];
           contents = [ pkgs.busybox ];
           files.\"/www/index.html\".text = \"a page\\n\";
           {arguments}
         }})"
    )
}

/// A test of a container with this script.
fn test(container: &str, script: &str) -> String {
    let script = nix::string(script);
    format!("({container}.test {{ packages = [ pkgs.curl ]; script = {script}; }})")
}

/// Builds a test, and gives its result.
pub fn result(test: &str) -> Value {
    let built = nix::build(test);
    serde_json::from_slice(&fs::read(built.join("result.json")).unwrap()).unwrap()
}

#[test]
fn a_container_that_is_started_again_has_its_volume() {
    let script = "
      container start
      container exec sh -c 'echo kept > /data/file'
      container stop
      container start
      [ \"$(container exec cat /data/file)\" = kept ]
    ";
    result(&test(&web("8080", "volumes = [ \"/data\" ]; readonly = true;"), script));
}

#[test]
fn a_script_starts_a_server_and_asks_it_something() {
    let script = "
      [ \"$(container status)\" = 'not started' ]
      container start
      container wait-port 8080
      [ \"$(container status)\" = running ]
      [ \"$(curl --silent --fail http://web:8080/)\" = 'a page' ]
      container wait-output 'response:200'
      container logs | grep --quiet 'response:200'
      [ \"$(container exec busybox wget -q -O - http://localhost:8080/)\" = 'a page' ]
      container stop --time 1
      [ \"$(container status)\" = 'exited 137' ]
    ";
    let result = result(&test(&web("8080", ""), script));
    let run = &result["containers"]["web"]["runs"][0];
    assert_eq!(run["exitCode"], 137);
    assert!(run["output"].as_str().unwrap().contains("response:200"), "{run}");
    assert!(run["endedAt"].as_u64().unwrap() >= run["startedAt"].as_u64().unwrap(), "{run}");
    assert!(result["milliseconds"].as_u64().unwrap() >= run["endedAt"].as_u64().unwrap(), "{result}");
}

/// Each is a mistake that people make, with what has to be said of it.
#[test]
fn breaking_a_container_breaks_its_test_with_the_reason() {
    let script = "
      container start
      container wait-port 8080 --timeout 2
      curl --silent --fail http://web:8080/
    ";
    // A port that changes.
    let said = nix::build_fails(&test(&web("8081", ""), script));
    assert!(said.contains("container: nobody listens on port 8080 after 2 s; open is: 8081\n"), "{said}");
    assert!(said.contains("line 3 of the script: exit code 1: container wait-port 8080 --timeout 2\n"), "{said}");
    assert!(said.contains("web was running, and has printed nothing\n"), "{said}");
    assert!(said.contains("run its attribute 'interactive'"), "{said}");
    // A misspelt argument of the program.
    let said = nix::build_fails(&test(&web("8080\" \"--verbos", ""), script));
    assert!(said.contains("container: nobody listens on port 8080: it has ended with exit code 1\n"), "{said}");
    assert!(said.contains("web | httpd: unrecognized option '--verbos'\n"), "{said}");
    assert!(said.contains("web had ended with exit code 1; its last lines:\n  httpd: unrecognized option"), "{said}");
    // A file that it needs.
    let said = nix::build_fails(&test(&web("8080", ""), &script.replace("8080/", "8080/other")));
    assert!(said.contains("exit code 22: curl --silent --fail http://web:8080/other\n"), "{said}");
    assert!(said.contains("web was running; its last lines:\n"), "{said}");
    assert!(said.contains("response:404"), "{said}");
}

#[test]
fn what_a_script_does_wrong_is_said() {
    let container = web("8080", "");
    for (script, said) in [
        ("container stop", "container: it has not been started\n"),
        ("container start; container start", "container: it is running; 'stop' it first\n"),
        ("container wait-port 80 --timeout 18446744073709551615", "is not in 0..=86400"),
        ("container wait-port http", "container: invalid value 'http' for '<PORT>': want a port from 1 to 65535"),
        ("container signal TREM", "container: invalid value 'TREM' for '<SIGNAL>': want a number, or one of ABRT"),
        ("container strat", "container: unrecognized subcommand 'strat'"),
        (
            "container start; container wait-output '' --timeout 1",
            "container: found a text of 0 bytes, want 1 to 4096\n",
        ),
        ("container start; container wait-output x --timeout 1", "container: it has not printed \"x\" after 1 s\n"),
        ("container start; container exec none", "none"),
        ("container start -- none; container wait-port 80", "it has ended with exit code 127\n"),
        ("network cut wbe", "network: wbe: no such container of this test (did you mean 'web'?)\n"),
        ("container start; container wait --timeout 1", "container: it has not ended after 1 s\n"),
        ("exit 7", "container.test: the script has ended with exit code 7\n"),
    ] {
        let found = nix::build_fails(&test(&container, &format!("{script}\nfalse\n")));
        assert!(found.contains(said), "{script}: {found}");
        assert!(!found.contains("panicked"), "{found}");
    }
    for (arguments, said) in [
        ("packages = [ pkgs.curl ];", "test.packages: is for a test with a 'script', and this one has none"),
        ("script = \"\"; packages = [ 1 ];", "test.packages: found 1 (an integer), want packages, such as pkgs.curl"),
        ("script = \"\"; packages = pkgs.curl;", "test.packages: found "),
        ("script = \"\"; exitCode = 1;", "container.test: exitCode: is for a test without a script"),
    ] {
        let found = nix::build_fails(&format!("{container}.test {{ {arguments} }}"));
        assert!(found.contains(said), "{arguments}: {found}");
    }
}

/// A container that runs a shell which does what it is sent: files are the easiest to send.
fn shell(script: &str, arguments: &str) -> String {
    let script = nix::string(script);
    format!(
        "(buildContainer {{
           name = \"sh\";
           args = [ \"busybox\" \"sh\" \"-c\" {script} ];
           contents = [ pkgs.busybox ];
           {arguments}
         }})"
    )
}

#[test]
fn a_script_runs_commands_in_a_container() {
    for arguments in
        ["", "readonly = true;", "store = \"mount\";", "user.uid = 1000;", "terminal = true;", "seccomp = null;"]
    {
        let container = shell("echo up; exec sleep 1000", arguments);
        let script = "
          container start
          container wait-output up
          [ \"$(container exec echo one two)\" = 'one two' ]
          [ \"$(echo in | container exec cat)\" = in ]
          [ \"$(container exec --env A=1 sh -c 'echo $A')\" = 1 ]
          [ \"$(container exec --cwd /etc pwd)\" = /etc ]
          [ \"$(container exec hostname)\" = sh ]
          code=0
          container exec sh -c 'exit 3' || code=$?
          [ $code = 3 ]
          # Nothing is open but the three streams, and the directory that ls reads.
          [ \"$(container exec ls /proc/self/fd | wc -l)\" = 4 ]
          # What the container may do, and no more.
          inside=$(container exec grep -E 'Cap(Prm|Bnd)|Seccomp:|NoNewPrivs' /proc/self/status)
          [ \"$inside\" = \"$(container exec grep -E 'Cap(Prm|Bnd)|Seccomp:|NoNewPrivs' /proc/1/status)\" ]
          [ \"$(container exec readlink /proc/self/ns/net /proc/self/ns/pid)\" = \"$(container exec readlink /proc/1/ns/net /proc/1/ns/pid)\" ]
        ";
        result(&test(&container, script));
    }
}

#[test]
fn any_user_may_listen_on_any_port_of_either_protocol() {
    let server = nix::string(
        "import socket, threading\n\
         udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n\
         udp.bind((\"\", 53))\n\
         tcp = socket.create_server((\"\", 80))\n\
         def answer():\n    while True: udp.sendto(*udp.recvfrom(100))\n\
         threading.Thread(target=answer).start()\n\
         while True:\n    one = tcp.accept()[0]\n    one.sendall(one.recv(100))\n",
    );
    let container = format!(
        "(buildContainer {{ name = \"sh\"; args = [ \"${{pkgs.python3}}/bin/python3\" \"-c\" {server} ]; user.uid = 1000; }})"
    );
    let script = "
      container start
      container wait-port 53/udp
      container wait-port 80/tcp
      [ \"$(exec 3<>/dev/tcp/sh/80; echo one >&3; head --lines 1 <&3)\" = one ]
      [ \"$(exec 3<>/dev/udp/sh/53; echo two >&3; head --lines 1 <&3)\" = two ]
    ";
    result(&test(&container, script));
}

#[test]
fn a_container_without_a_network_of_its_own_is_where_the_script_is() {
    let namespaces = "config.linux.namespaces = map (type: { inherit type; }) [ \"pid\" \"mount\" \"ipc\" \"uts\" ];";
    let script = "
      container start
      container wait-port 8080
      curl --silent --fail http://web:8080/ http://localhost:8080/
    ";
    result(&test(&web("8080", namespaces), script));
}

#[test]
fn a_container_is_signalled_awaited_and_started_again() {
    let container = shell(
        "trap 'echo reloaded' HUP; trap 'echo bye; exit 4' TERM; echo begun $A >> /runs; cat /runs; while :; do sleep 0.1; done",
        "",
    );
    let result = result(&test(
        &container,
        "
          container start --env A=first
          container wait-output first
          container signal HUP
          container wait-output reloaded
          container stop
          [ \"$(container status)\" = 'exited 4' ]
          # What has ended is stopped.
          container stop
          [ \"$(container wait)\" = 4 ]
          container start --env A=second
          container wait-output second
          # It has the file of before.
          [ \"$(container logs)\" = $'begun first\\nbegun second' ]
          container signal SIGTERM
          [ \"$(container wait --timeout 5)\" = 4 ]
          container start -- sh -c 'exit 9'
          [ \"$(container wait)\" = 9 ]
        ",
    ));
    assert_eq!(result["containers"]["sh"]["runs"].as_array().unwrap().len(), 3, "{result}");
}

/// Builds a test outside of Nix's sandbox, whose pid namespace would end what ours has to. Gives what Nix said.
fn unsandboxed_fails(test: &str) -> String {
    let mut command = nix::nix_build(test);
    let output = command.args(["--option", "sandbox", "false"]).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_hangs_is_stopped_with_all_that_was_started() {
    let container = shell("echo begun; trap '' TERM; (setsid sleep 6543 &); sleep 6543 & while :; do wait; done", "");
    let script = nix::string("container start; set -m; sleep 6543 & set +m; sleep 6543");
    let said = unsandboxed_fails(&format!("{container}.test {{ timeout = 2; script = {script}; }}"));
    assert!(said.contains("sh was running; its last lines:\n  begun\n"), "{said}");
    assert!(said.contains("container.test: the script has not ended after 2 s, and was killed;"), "{said}");
    let left = std::process::Command::new("pgrep").args(["-f", "^sleep 6543"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "");
}

#[test]
fn what_prints_much_or_fills_its_disk_is_survived() {
    let container = shell("head -c 100000000 /dev/zero | tr '\\0' x; echo; echo done; exec sleep 1000", "");
    let script = "
      container start
      container wait-output done
      [ $(container logs | wc -c) = 8388608 ]
      container exec dd if=/dev/zero of=/dev/shm/file 2>&1 | grep 'No space left'
      container exec head -c 1000000 /dev/urandom | wc -c | grep 1000000
    ";
    let result = result(&test(&container, script));
    assert_eq!(result["containers"]["sh"]["runs"][0]["outputBytes"], 100_000_006, "{}", result["milliseconds"]);
    let binary = shell("head -c 100000 /dev/urandom; echo; echo done", "");
    self::result(&test(&binary, "container start; container wait-output done; container wait | grep 0"));
}

/// What a sandbox cannot show is said, and not passed over.
#[test]
fn what_a_sandbox_does_not_have_is_a_line() {
    let container =
        shell("exec sleep 1000", "user.additionalGids = [ 7 ]; config.linux.resources.memory.limit = 1000000000;");
    let said = nix::build_fails(&test(&container, "container start; false"));
    for line in
        ["sh: /sys/fs/cgroup, memory limits dropped: this host has no cgroups\n", "sh: process.user.additionalGids"]
    {
        assert!(said.contains(&format!("container.test: warning: {line}")), "{said}");
    }
}
