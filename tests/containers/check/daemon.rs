//! Tests where Nix is a daemon whose builds run as build users, as on most machines.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

use tempfile::TempDir;

use super::several_containers::{DB_AND_WEB, START};
use crate::support::nix;
use crate::support::runtime;

const STORE: &str = "/nix/store";

/// The store as it was: a daemon with build users gives it to their group.
struct Kept(fs::Metadata);

impl Drop for Kept {
    fn drop(&mut self) {
        chown(STORE, Some(self.0.uid()), Some(self.0.gid())).unwrap();
        fs::set_permissions(STORE, fs::Permissions::from_mode(self.0.mode())).unwrap();
    }
}

#[test]
fn a_daemon_tests_containers_as_its_build_users() {
    let _kept = Kept(fs::metadata(STORE).unwrap());
    let folder = TempDir::new().unwrap();
    // The machine's users with two more, whom only the daemon sees.
    let users = "builder1:x:64001:64000::/:/bin/false\nbuilder2:x:64002:64000::/:/bin/false\n";
    for (name, more) in [("passwd", users), ("group", "builders:x:64000:builder1,builder2\n")] {
        let text = fs::read_to_string(format!("/etc/{name}")).unwrap() + more;
        fs::write(folder.path().join(name), text).unwrap();
    }
    let salt = folder.path().display();
    let script = nix::string(&format!("{START}\ncurl --fail http://web/cgi-bin/visits"));
    let tests = format!(
        "let {DB_AND_WEB} in [
           (testContainers {{
             nodes = {{ inherit db web; }}; packages = [ pkgs.curl ]; env.SALT = \"{salt}\"; script = {script};
           }})
           (db.test {{ args = [ \"--version\" ]; env.SALT = \"{salt}\"; stdout.match = \"^Redis server\"; }})
         ]"
    );
    let build = nix::nix_build(&tests);
    let words: Vec<_> = build.get_args().map(|word| word.to_str().unwrap()).collect();
    let mut command = runtime::command_for_user("sh".as_ref(), 0);
    command.args([
        "-euc",
        r#"
        mount --bind "$1/passwd" /etc/passwd
        mount --bind "$1/group" /etc/group
        export NIX_DAEMON_SOCKET_PATH="$1/socket"
        nix-daemon --option build-users-group builders --option sandbox true >"$1/log" 2>&1 &
        trap "kill $!" EXIT
        until [ -S "$1/socket" ]; do sleep 0.05; done
        shift
        NIX_REMOTE=daemon nix-build "$@"
        "#,
        "sh",
    ]);
    command.arg(folder.path()).args(words).env("NIX_CONFIG", nix::CONFIG);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // They were built, and by the daemon.
    assert!(said.contains("containers-test.drv'..."), "{said}");
    assert!(fs::read_to_string(folder.path().join("log")).unwrap().contains("accepted connection from"));
}
