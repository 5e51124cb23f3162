//! `interactive`: a test that somebody runs on this machine, and the shell in which it ends.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::nix;
use crate::support::runner::USERS;

const WEB: &str = r#"
  (buildContainer {
    name = "web";
    args = [ "busybox" "httpd" "-f" "-p" "8080" "-h" "/www" ];
    contents = [ pkgs.busybox ];
    files."/www/index.html".text = "a page\n";
  })
"#;

/// Runs a test by hand as a user who types this. Gives what is printed, and asserts that nothing is left.
fn run(test: &str, user: u32, typed: &str) -> Output {
    let wrapper = nix::build(&format!("({test}).interactive"));
    let program = fs::read_dir(wrapper.join("bin")).unwrap().next().unwrap().unwrap().path();
    let temporary = TempDir::new().unwrap();
    std::os::unix::fs::chown(temporary.path(), Some(user), Some(user)).unwrap();
    let output = run_in(temporary.path(), &program, user, typed);
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "{output:?}");
    output
}

fn run_in(temporary: &Path, program: &Path, user: u32, typed: &str) -> Output {
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--clear-groups"]).arg(program);
    command.env("TMPDIR", temporary).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_shell_has_the_containers_as_the_script_has_left_them() {
    let test = format!(
        "{WEB}.test {{ packages = [ pkgs.curl ]; script = \"container start; container wait-port 80 --timeout 1\"; }}"
    );
    for user in USERS {
        let output = run(&test, user, "container status\ncurl --silent http://web:8080/\nexit\n");
        let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(printed, "running\na page\n", "{user}: {said}");
        assert!(said.contains("container: nobody listens on port 80 after 1 s; open is: 8080\n"), "{user}: {said}");
        assert!(said.ends_with("container.test: failed\n"), "{user}: {said}");
        assert!(!output.status.success());
    }
}

#[test]
fn a_test_without_a_script_is_run_as_well() {
    for user in USERS {
        let output = run(&format!("{WEB}.tests.starts"), user, "container start; container status; exit\n");
        let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(printed, "running\n", "{user}: {said}");
        assert!(said.contains("container.test: passed; 'container start' starts the container again\n"), "{said}");
        assert!(output.status.success(), "{user}: {said}");
    }
}

#[test]
fn a_directory_that_others_can_replace_is_refused() {
    let wrapper = nix::build(&format!("({WEB}.tests.starts).interactive"));
    let folder = TempDir::new().unwrap();
    std::os::unix::fs::chown(folder.path(), Some(1234), Some(1234)).unwrap();
    let output = run_in(folder.path(), &wrapper.join("bin/web-test"), 0, "exit\n");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("set TMPDIR to a directory that only you can write to\n"),
        "{said}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// As in a sandbox with Nix's uid-range: root of a user namespace with more ids than one.
#[test]
fn more_ids_work_where_the_sandbox_has_them() {
    let test = r#"(buildContainer {
      name = "ids";
      args = [ "busybox" "sh" "-c" "touch /file && chown 5:6 /file && stat -c '%u %g' /file" ];
      contents = [ pkgs.busybox ];
      config.process.capabilities = let caps = [ "CAP_CHOWN" "CAP_SETUID" "CAP_SETGID" ]; in {
        bounding = caps; effective = caps; permitted = caps;
      };
    }).test { stdout.match = "^5 6$"; }"#;
    let wrapper = nix::build(&format!("({test}).interactive"));
    let program = wrapper.join("bin/ids-test");
    let temporary = TempDir::new().unwrap();
    std::os::unix::fs::chown(temporary.path(), Some(100_000), Some(100_000)).unwrap();
    let mut holder = Command::new("unshare").args(["--user", "sleep", "60"]).spawn().unwrap();
    let namespace = format!("/proc/{}/ns/user", holder.id());
    let own = fs::read_link("/proc/self/ns/user").unwrap();
    while fs::read_link(&namespace).unwrap() == own {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    for map in ["uid_map", "gid_map"] {
        fs::write(format!("/proc/{}/{map}", holder.id()), "0 100000 65536\n").unwrap();
    }
    let mut command = Command::new("nsenter");
    command.args([&format!("--user={namespace}"), "--setuid", "0", "--setgid", "0"]).arg(&program);
    let output = command.env("TMPDIR", temporary.path()).stdin(Stdio::null()).output().unwrap();
    holder.kill().unwrap();
    holder.wait().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("container.test: passed"), "{said}");
}
