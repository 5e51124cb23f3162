//! `oci-bundle run --state` of root with a directory that somebody else has prepared: nothing outside of it is changed, the
//! run ends, and what it does not take it says in a line.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::nix;
use crate::support::runner::container;
use crate::support::tree::{changed, snapshot};

/// What one of the names in the directory may be, as commands of the shell; `$it` is its path, `$canary` a directory of root.
const KINDS: [&str; 14] = [
    r#"ln -s "$canary" "$it""#,
    r#"ln -s "$canary/secret" "$it""#,
    r#"ln -s "$canary/new" "$it""#,
    r#"ln -s ../canary "$it""#,
    r#"ln -s "$it" "$it""#,
    r#"mkfifo "$it""#,
    r#"python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$it""#,
    r#"truncate --size=256M "$it""#,
    r#"mkdir "$it" && touch "$it/file""#,
    r#"mkdir --mode=0000 "$it""#,
    r#"mkdir --mode=7777 "$it""#,
    r#"printf 'root\033[31m\n' > "$it" && chmod 0000 "$it""#,
    r#"mkdir "$it" && ln -s "$canary" "$it/work" && ln -s "$canary" "$it/etc""#,
    r#"mkdir "$it" && touch "$it/$(printf 'a\nb')" "$it/$(printf '\377\033[2J')" && mkfifo "$it/fifo""#,
];

/// The names that a run has in there.
const NAMES: [&str; 3] = ["lock", "upper", "work"];

/// More than one name in the directory, which is `$state`, and what takes root to prepare.
const OTHERS: [&str; 8] = [
    r#"mknod "$state/lock" c 1 8"#,
    r#"mknod "$state/upper" b 7 0"#,
    r#"ln "$canary/secret" "$state/lock""#,
    r#"mkdir "$state/upper" && mknod "$state/upper/etc" c 0 0 && ln "$canary/secret" "$state/upper/file""#,
    r#"mkdir "$state/upper" "$state/work" && ln -s "$canary/directory" "$state/work/work""#,
    r#"mkdir -p "$state/upper" "$state/work/work" && ln -s "$canary" "$state/work/index" && touch "$state/work/work/#1""#,
    r#"mkdir "$state/upper" && ln -s upper "$state/work""#,
    r#"mkdir "$state/work" && mkdir "$state/work/upper" && ln -s work/upper "$state/upper""#,
];

/// Something else in the place of the directory.
const PLACES: [&str; 4] = [
    r#"rmdir "$state" && ln -s "$canary" "$state""#,
    r#"rmdir "$state" && ln -s "$canary/new" "$state""#,
    r#"rmdir "$state" && mkfifo "$state""#,
    r#"rmdir "$state" && touch "$state""#,
];

/// A directory in which a user has one for a state, beside one that is root's alone.
struct Poisoned(TempDir);

impl Poisoned {
    fn new(owner: u32) -> Self {
        let this = Self(TempDir::new().unwrap());
        let state = this.path("state");
        fs::create_dir(&state).unwrap();
        for path in [this.0.path(), &state] {
            chown(path, Some(owner), Some(owner)).unwrap();
        }
        for directory in ["canary", "canary/directory", "canary/work"] {
            fs::create_dir(this.path(directory)).unwrap();
        }
        for file in ["canary/secret", "canary/work/file", "canary/directory/file"] {
            fs::write(this.path(file), "secret").unwrap();
            fs::set_permissions(this.path(file), Permissions::from_mode(0o600)).unwrap();
        }
        this
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// Runs commands of the shell for a user.
    fn prepare(&self, script: &str, name: &str, uid: u32) {
        let mut shell = Command::new("setpriv");
        shell.args([format!("--reuid={uid}"), format!("--regid={uid}"), "--clear-groups".to_owned()]);
        shell.args(["bash", "-euc", script]).env("state", self.path("state"));
        shell.env("it", self.path("state").join(name)).env("canary", self.path("canary"));
        assert!(shell.status().unwrap().success(), "{script}");
    }

    /// Runs a bundle that keeps what it writes there, and looks at what is beside it. Gives what is wrong.
    fn run(&self, bundle: &Path) -> Option<String> {
        let before = snapshot(&self.path("canary"));
        // A run that hangs, or takes memory for what is in there, fails.
        let mut run = Command::new("timeout");
        run.args(["--signal=KILL", "20", "prlimit", "--as=1073741824"]).arg(nix::program("oci-bundle"));
        run.args(["run", "--runtime", "/bin/true", "--state"]).arg(self.path("state")).arg(bundle);
        let output = run.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let changed = changed(&before, &snapshot(&self.path("canary")));
        if !changed.is_empty() {
            return Some(format!("{changed:?} changed: {said}"));
        }
        // Nothing of what is in there is said at length.
        let is_line = said.ends_with('\n') && said.matches(char::is_control).count() == 1 && said.len() < 1_000;
        match output.status.code() {
            Some(0) => None,
            Some(1) if is_line && said.starts_with("oci-bundle: ") => None,
            _ => Some(format!("{}: {said:.1000}", output.status)),
        }
    }
}

#[test]
fn nothing_outside_of_a_poisoned_state_is_changed() {
    let bundle = container("exit 0", "");
    let mut wrong = Vec::new();
    let mut run = |owner: u32, name: &str, script: &str, uid: u32| {
        let poisoned = Poisoned::new(owner);
        poisoned.prepare(script, name, uid);
        wrong.extend(poisoned.run(&bundle).map(|problem| format!("of {owner}, {name} {script}: {problem}")));
    };
    // Root's own may be as bad: what was in a container has written to it.
    for owner in [1234, 0] {
        for (name, kind) in NAMES.into_iter().flat_map(|name| KINDS.map(|kind| (name, kind))) {
            run(owner, name, kind, owner);
        }
        for script in OTHERS {
            run(owner, "", script, 0);
        }
    }
    // A link of root's own is one that root wants to be followed.
    for script in PLACES {
        run(1234, "", script, 1234);
    }
    assert!(wrong.is_empty(), "{}: {wrong:#?}", wrong.len());
}

#[test]
fn nobody_else_gets_at_what_a_container_of_root_has_written() {
    let bundle = container("echo secret >/own; chmod 4755 /own", "");
    for runtime in crate::support::runtime::ALL {
        let folder = TempDir::new().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let state = folder.path().join("state");
        let mut run = runtime.wrapper_prepared("umask 0", 0);
        let output = run.arg("--state").arg(&state).arg(&bundle).output().unwrap();
        assert!(output.status.success(), "{runtime:?}: {output:?}");
        let written = state.join("upper/own");
        assert_eq!(fs::metadata(&written).unwrap().permissions().mode() & 0o7777, 0o4755, "{runtime:?}");
        let user = ["--reuid=1234", "--regid=1234", "--clear-groups"];
        for (program, path) in [("cat", &written), ("flock", &state.join("lock")), ("ls", &state.join("upper"))] {
            let mut other = Command::new("setpriv");
            other.args(user).arg(program).arg(path);
            if program == "flock" {
                other.arg("true");
            }
            let output = other.output().unwrap();
            assert!(!output.status.success(), "{runtime:?}: {program} {output:?}");
        }
    }
}
