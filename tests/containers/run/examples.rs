//! The jobs of docs/examples.md, typed at a terminal from an empty directory on.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::support::lan::{Lan, Reach};
use crate::support::nix;
use crate::support::runner::all;
use crate::support::runtime::Runtime;
use crate::support::subordinate_ids::Users;
use crate::support::terminal::Terminal;

const PAGE: &str = include_str!("../../../docs/examples.md");

/// Each job: its section of the page, and its directory of `examples`.
const JOBS: [(&str, &str); 3] = [
    ("A web server with TLS", "web"),
    ("A database with a volume", "redis"),
    ("A shell with the tools of a project", "shell"),
];

/// What the test's shell asks with, behind the exit code of the command before.
const PROMPT: &str = "host$ ";

/// The blocks of one language in a text.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}\n");
    text.split(start.as_str()).skip(1).map(|block| block.split_once("\n```").unwrap().0).collect()
}

fn section(heading: &str) -> &'static str {
    let (_, section) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap();
    section.split("\n## ").next().unwrap()
}

#[test]
fn the_page_shows_the_examples_as_they_are() {
    for (heading, name) in JOBS {
        let [shown] = blocks(section(heading), "nix")[..] else { panic!("{heading}: one block") };
        let shown = shown.replace('\n', "\n      ");
        let flake = fs::read_to_string(nix::repository().join("examples").join(name).join("flake.nix")).unwrap();
        assert!(flake.contains(&format!("packages.${{system}}.{name} = {shown};\n")), "{flake}\n{shown}");
    }
    assert_eq!(PAGE.matches("\n## ").count(), JOBS.len());
}

#[test]
fn a_web_server_with_tls_does_its_job() {
    does_its_job(JOBS[0]);
}

#[test]
fn a_database_with_a_volume_does_its_job() {
    does_its_job(JOBS[1]);
}

#[test]
fn a_shell_with_the_tools_of_a_project_does_its_job() {
    does_its_job(JOBS[2]);
}

fn does_its_job((heading, name): (&str, &str)) {
    // What a build of the template gives as well: no run changes it.
    let _stays =
        nix::build(&format!("(import {}/examples {{ inherit pkgs; }}).{name}.run", nix::repository().display()));
    let (start, _) = PAGE.split_once("\n## ").unwrap();
    do_as_written(&[blocks(start, "console"), blocks(section(heading), "console")].concat());
}

#[test]
fn the_readme_reaches_and_enters_a_web_server() {
    let (_, after) = include_str!("../../../README.md").split_once("\n## Use it\n").unwrap();
    let [start, web] = blocks(after, "console")[..2] else { unreachable!() };
    assert!(start.starts_with("$ mkdir box") && web.contains("--publish"), "{start}\n{web}");
    do_as_written(&[start, web]);
}

/// Types the commands of blocks, one of which starts a shell by `nix shell`, as everybody under every runtime.
fn do_as_written(blocks: &[&str]) {
    for (runtime, uid) in all() {
        let host = Host::new(uid);
        let mut session = Session::new(&host, runtime);
        blocks.iter().for_each(|block| session.follow(block));
        assert!(session.typed > 5, "{} commands only", session.typed);
        // That shell, and the one above it.
        for _ in 0..2 {
            session.enter("exit");
        }
        assert_eq!(session.terminal.wait().code(), Some(0), "{runtime:?} {uid}");
        host.is_as_before();
    }
}

/// A shell at which the commands of a page are typed.
struct Session {
    terminal: Terminal,
    is_root: bool,
    typed: usize,
    /// The exit code that the command before is to have.
    code: &'static str,
}

impl Session {
    fn new(host: &Host, runtime: Runtime) -> Self {
        // No command is cut.
        let terminal = Terminal::start_with_size(&host.shell(runtime), 50, 500);
        Self { terminal, is_root: host.uid == 0, typed: 0, code: "0" }
    }

    /// Types the commands of a block, and waits for what they print.
    fn follow(&mut self, block: &str) {
        for line in block.replace("\\\n   ", "").lines() {
            // Root's ids are the host's.
            let line = if self.is_root { line.replace("--userns=keep-id", "--user root") } else { line.to_owned() };
            if let Some(command) = line.strip_prefix("$ ") {
                self.enter(command);
            } else if let Some((prompt, command)) = in_container(&line) {
                let prompt = if self.is_root { prompt.replace('$', "#") } else { prompt.to_owned() };
                self.terminal.wait_for(&prompt);
                self.types(command);
            } else if line == "^C" {
                self.terminal.types("\x03");
                self.code = "130";
            } else {
                self.sees(&line);
            }
        }
    }

    fn sees(&mut self, line: &str) {
        let is_table = line.contains("   ") || line.contains("  /");
        for part in line.split('…') {
            // How wide columns are depends on what is in them.
            let texts = if is_table { part.split_whitespace().collect() } else { vec![part.trim()] };
            texts.into_iter().for_each(|text| drop(self.terminal.wait_for(text)));
        }
    }

    /// Types a command where the shell asks for one.
    fn enter(&mut self, command: &str) {
        let before = self.terminal.wait_for(PROMPT);
        assert!(before.ends_with(&format!("[{}]", self.code)), "before '{command}': {before}");
        self.code = "0";
        self.types(command);
    }

    fn types(&mut self, command: &str) {
        self.terminal.types(command);
        self.terminal.wait_for(command);
        self.terminal.types("\n");
        self.typed += 1;
    }
}

/// What a container's shell asks with at the start of a line, and what is typed there.
fn in_container(line: &str) -> Option<(&'static str, &str)> {
    ["shell:/work$ ", "myContainer:/# ", "/ # "]
        .into_iter()
        .find_map(|prompt| Some((prompt, line.strip_prefix(prompt)?)))
}

/// A host with a user at home, who has Nix: that of root itself, or a daemon of root's.
struct Host {
    uid: u32,
    lan: Lan,
    users: Users,
    folder: TempDir,
    daemon: Child,
}

impl Host {
    fn new(uid: u32) -> Self {
        let folder = TempDir::new().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for (name, mode) in [("home", 0o755), ("run", 0o700), ("state", 0o755)] {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            chown(&path, Some(uid), Some(uid)).unwrap();
        }
        fs::write(folder.path().join("home/.bashrc"), bashrc()).unwrap();
        let mut daemon = nix::nix("nix-daemon");
        daemon.env("NIX_DAEMON_SOCKET_PATH", folder.path().join("socket"));
        let daemon = daemon.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { uid, lan: Lan::new(Reach::Both), users: Users::with("ann:100000:65536\n"), folder, daemon }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The user's shell. Root's records and volumes are in the directory of the test, too.
    fn shell(&self, runtime: Runtime) -> Command {
        let (run, state) = (self.at("run"), self.at("state"));
        let preparation = self.users.after(&format!(
            "mkdir -m 700 -p /run/oci-bundle && mount --bind {} /run/oci-bundle && mount --bind {} /var/lib",
            run.display(),
            state.display()
        ));
        let mut shell = self.lan.command_prepared(&preparation, Path::new("bash"), self.uid);
        shell.current_dir(self.at("home")).env("HOME", self.at("home"));
        shell.env("SHELL", "/bin/bash").env("NIX_CONFIG", nix::CONFIG).env("OCI_RUNTIME", runtime.program());
        shell.env("XDG_RUNTIME_DIR", run).env("XDG_STATE_HOME", state);
        if self.uid != 0 {
            shell.env("NIX_REMOTE", "daemon").env("NIX_DAEMON_SOCKET_PATH", self.at("socket"));
        }
        shell
    }

    /// Asserts that a job has left nothing: no process, no record, no volume.
    fn is_as_before(&self) {
        self.lan.wait_for_quiet();
        let records = if self.uid == 0 { "run/containers" } else { "run/oci-bundle/containers" };
        for folder in [records, "state/oci-bundle/volumes"] {
            let Ok(entries) = self.at(folder).read_dir() else { continue };
            let names = entries.map(|entry| entry.unwrap().file_name());
            let left: Vec<_> = names.filter(|name| name != ".lock").collect();
            assert!(left.is_empty(), "{} {folder}: {left:?}", self.uid);
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // Those of a job that has failed.
        for pid in self.lan.processes() {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        }
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// The shell's own file: without network, this project's flake is a copy in the store, and nixpkgs is its tests/pkgs. curl asks
/// again while the server starts, which a person is too slow to see.
fn bashrc() -> String {
    let mut metadata = nix::nix("nix");
    metadata.args(["flake", "metadata", "--json", "--no-write-lock-file"]);
    let output = metadata.arg(format!("git+file://{}", nix::repository().display())).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let source = metadata["path"].as_str().unwrap();
    format!(
        r#"
        nix() {{
            local here=path:{source} packages=path:{source}/tests/pkgs
            local offline=(--no-write-lock-file --override-input oci-bundle "$here")
            offline+=(--override-input oci-bundle/nixpkgs "$packages" --override-input nixpkgs "$packages")
            set -- "${{@/github:oci-bundle\/oci-bundle/$here}}"
            case $1 in
                flake) command nix "$@" 2>>~/.log ;;
                shell) command nix "$@" "${{offline[@]}}" ;;
                *) command nix "$1" "$2" "${{offline[@]}}" "${{@:3}}" 2>>~/.log ;;
            esac
        }}
        curl() {{
            command curl --silent --show-error --retry 9 --retry-all-errors --retry-delay 1 "$@"
        }}
        PS1='[$?]{PROMPT}'
        "#
    )
}
