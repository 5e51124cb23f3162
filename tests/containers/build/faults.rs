//! Faults: system calls that fail (strace(1) injects them), limits, and an end at any moment.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::builder::Builder;
use crate::support::nix;
use crate::support::runtime::Runtime;

/// System calls of the builder that have to do with files, threads or output.
const CALLS: [&str; 25] = [
    "clone3",
    "copy_file_range",
    "fchmod",
    "fstat",
    "ftruncate",
    "getdents64",
    "ioctl",
    "linkat",
    "lseek",
    "lstat",
    "mkdir",
    "mkdirat",
    "newfstatat",
    "open",
    "openat",
    "pread64",
    "pwrite64",
    "read",
    "readlink",
    "readlinkat",
    "rename",
    "statx",
    "symlink",
    "symlinkat",
    "write",
];

/// A bundle to build, with something of everything that the builder does.
struct Case {
    builder: Builder,
    container: Value,
}

impl Case {
    fn new() -> Self {
        let builder = Builder::new();
        let tree = builder.store_path("tree");
        fs::create_dir_all(tree.join("bin")).unwrap();
        fs::create_dir_all(tree.join("share/deep")).unwrap();
        for (name, text) in [
            ("bin/start", "#!/bin/interpreter\n"),
            ("bin/interpreter", "#!/bin/elf\n"),
            ("share/empty", ""),
            ("share/small", "small"),
            ("share/deep/large", &"x".repeat(100_000)),
        ] {
            fs::write(tree.join(name), text).unwrap();
            fs::set_permissions(tree.join(name), Permissions::from_mode(0o555)).unwrap();
        }
        fs::copy(nix::program("oci-bundle"), tree.join("bin/elf")).unwrap();
        fs::hard_link(tree.join("share/small"), tree.join("share/same")).unwrap();
        symlink("small", tree.join("share/link")).unwrap();
        fs::File::create(tree.join("share/holes")).unwrap().set_len(1 << 20).unwrap();
        let other = builder.store_path("other");
        fs::create_dir_all(other.join("share")).unwrap();
        fs::write(other.join("share/other"), "other").unwrap();
        fs::write(builder.store_path("file"), "a store path may be a file").unwrap();

        let container = json!({
            "args": ["start"],
            "contents": [tree, other],
            "files": { "/etc/motd": { "text": "hello" }, "/etc/copied": { "source": builder.store_path("file") } },
            "mounts": {
                // It would hide a store in a temporary folder.
                "/tmp": null,
                "/etc/mounted": builder.store_path("file"),
                "/share/deep/point": { "type": "tmpfs", "source": "x" },
            },
        });
        Self { builder, container }
    }

    fn out(&self) -> PathBuf {
        self.builder.out()
    }

    fn build(&self, under: &[&str]) -> Output {
        self.builder.build_under(under, &self.container, &["tree", "other", "file"])
    }

    /// Builds under strace(1).
    fn traced(&self, options: &[&str]) -> Output {
        let log = self.builder.folder().join("log");
        let strace = ["strace", "--quiet=all", "--follow-forks", "--output", log.to_str().unwrap()];
        self.build(&[&strace, options].concat())
    }

    /// Each system call of [`CALLS`] that is made, with its number among those of its name.
    fn calls(&self) -> Vec<(&'static str, usize)> {
        let output = self.traced(&[]);
        assert!(output.status.success(), "{output:?}");
        let log = fs::read_to_string(self.builder.folder().join("log")).unwrap();
        let made = log.lines().map(|line| line.split_once(' ').unwrap().1.trim_start().split('(').next().unwrap());
        let made: Vec<_> = made.collect();
        let count = |name| made.iter().filter(|made| **made == name).count();
        CALLS.into_iter().flat_map(|name| (1..=count(name)).map(move |number| (name, number))).collect()
    }
}

/// What is in a bundle: files by their place, with what is in them.
fn listing(bundle: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut directories = vec![bundle.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let bytes = if let Ok(target) = fs::read_link(&path) {
                target.into_os_string().into_encoded_bytes()
            } else if path.is_dir() {
                directories.push(path.clone());
                Vec::new()
            } else {
                fs::read(&path).unwrap()
            };
            found.insert(path, bytes);
        }
    }
    found
}

#[test]
fn each_system_call_that_fails_is_named_or_does_not_matter() {
    let case = Case::new();
    let calls = case.calls();
    let good = listing(&case.out());
    let mut named = 0;
    for (call, number) in calls {
        let output = case.traced(&[&format!("--inject={call}:error=EIO:when={number}")]);
        let said = String::from_utf8(output.stderr).unwrap();
        // What Nix's progress bar shows, where it took long.
        let said: String = said.split_inclusive('\n').filter(|line| !line.starts_with("@nix ")).collect();
        let what = format!("{call} {number}: {said}");
        if output.status.success() {
            assert!(listing(&case.out()) == good, "{what} gives another bundle");
        } else {
            assert_eq!(output.status.code(), Some(1), "{what}");
            assert!(said.starts_with("buildContainer: ") && said.matches('\n').count() == 1, "{what}");
            assert!(said.contains(['\'', '"']) || call == "clone3", "{what} names no file");
            assert!(!case.out().exists(), "{what} leaves something");
            named += 1;
        }
    }
    assert!(named > 50, "only {named} calls failed");
}

#[test]
fn a_file_that_is_shorter_than_it_was_is_named() {
    let case = Case::new();
    let output = case.traced(&["--inject=pread64:retval=0:when=1+"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("buildContainer: copying '") && said.contains("Input/output error"), "{said}");
    assert!(!case.out().exists());
}

#[test]
fn what_is_killed_has_no_config_and_is_built_again() {
    let case = Case::new();
    let calls = case.calls();
    let good = listing(&case.out());
    let mut unfinished = 0;
    for (call, number) in calls {
        let output = case.traced(&[&format!("--inject={call}:signal=KILL:when={number}")]);
        // A busy machine has calls that tell of the progress, and is not as busy the next time.
        let was_killed = output.status.signal() == Some(9);
        assert!(was_killed || output.status.success(), "{call} {number}: {output:?}");
        if case.out().join("config.json").exists() {
            assert!(listing(&case.out()) == good, "{call} {number} leaves a part with a config.json");
        } else {
            unfinished += 1;
        }
    }
    assert!(unfinished > 50, "only {unfinished} were not finished");
    assert!(case.build(&["env"]).status.success());
    assert!(listing(&case.out()) == good);
}

#[test]
fn few_open_files_are_enough_and_fewer_are_named() {
    let case = Case::new();
    let tree = case.builder.store_path("tree");
    for number in 0..300 {
        let directory = tree.join(format!("wide/{number}/a/b/c/d"));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("file"), "x").unwrap();
    }
    assert!(case.build(&["env"]).status.success());
    let good = listing(&case.out());
    let output = case.build(&["prlimit", "--nofile=32"]);
    assert!(output.status.success(), "{output:?}");
    assert!(listing(&case.out()) == good);

    for most in 3..12 {
        let output = case.build(&["prlimit", &format!("--nofile={most}")]);
        let said = String::from_utf8(output.stderr).unwrap();
        if output.status.success() {
            assert!(listing(&case.out()) == good, "{most}");
        } else {
            assert!(
                said.starts_with("buildContainer: ") && said.contains('\'') && said.contains("os error 24"),
                "{said}"
            );
            // What removes directories has to open them.
            assert!(!case.out().join("config.json").exists(), "{most}");
        }
    }
}

#[test]
fn what_failed_is_removed_however_deep_it_is() {
    let mut case = Case::new();
    let deep: PathBuf = std::iter::repeat_n("d", 300).collect();
    fs::create_dir_all(case.builder.store_path("other").join(deep)).unwrap();
    assert!(case.build(&["prlimit", "--nofile=64"]).status.success());
    // The rootfs is at a path of its own, below which this one is longer than Linux takes.
    case.container["files"]["/n".repeat(2040)] = json!({ "text": "" });
    let output = case.build(&["prlimit", "--nofile=64"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("File name too long"), "{said}");
    assert!(!case.out().exists());
}

#[test]
fn without_enough_memory_there_is_no_config() {
    let case = Case::new();
    assert!(case.build(&["env"]).status.success());
    let good = listing(&case.out());
    let mut failed = 0;
    for mebibytes in 1..40 {
        let output = case.build(&["prlimit", &format!("--as={}", mebibytes << 20)]);
        if output.status.success() {
            assert!(listing(&case.out()) == good, "{mebibytes}");
        } else {
            assert!(!case.out().join("config.json").exists(), "{mebibytes}");
            failed += 1;
        }
    }
    assert!((3..39).contains(&failed), "{failed} failed");
}

#[test]
fn what_may_not_be_read_is_named() {
    let case = Case::new();
    fs::set_permissions(case.builder.folder(), Permissions::from_mode(0o777)).unwrap();
    let file = case.builder.store_path("tree").join("share/small");
    fs::set_permissions(&file, Permissions::from_mode(0o000)).unwrap();
    let output = case.build(&["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("buildContainer: reading '"), "{said}");
    assert!(said.ends_with("Permission denied (os error 13)\n"), "{said}");
    assert!(!case.out().exists());
}

/// The builder that a `nix-build` has started, once it runs, unless that ends before.
fn builder_of(nix_build: &mut Child) -> Option<u32> {
    let ancestor = nix_build.id();
    let parent = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    let is_below = |pid: u32| std::iter::successors(Some(pid), |pid| parent(*pid)).any(|pid| pid == ancestor);
    let is_builder = |pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line == b"oci-bundle-builder\0build\0" && is_below(*pid)
    };
    while nix_build.try_wait().unwrap().is_none() {
        let mut processes = fs::read_dir("/proc").unwrap().flatten();
        let found = processes.find_map(|entry| entry.file_name().to_str()?.parse().ok().filter(is_builder));
        if found.is_some() {
            return found;
        }
    }
    None
}

#[test]
fn nix_builds_again_what_was_killed() {
    let mut killed = 0;
    for milliseconds in [0, 2, 5, 10, 20, 40] {
        // Another container each time, as those that were built are not built again.
        let expression = format!(
            r#"buildContainer {{
                 args = [ "python3" "-c" "print('whole')" ];
                 contents = [ pkgs.python3 pkgs.busybox ];
                 env.RUN = "{} {milliseconds}";
               }}"#,
            std::process::id()
        );
        nix::instantiate(&expression);
        let mut build = nix::nix_build(&expression);
        let mut build = build.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        if let Some(builder) = builder_of(&mut build) {
            thread::sleep(Duration::from_millis(milliseconds));
            // It may have ended by now.
            let _ = Command::new("kill").args(["-KILL", &builder.to_string()]).stderr(Stdio::null()).status();
        }
        killed += usize::from(!build.wait().unwrap().success());
        assert_eq!(Runtime::Runc.sealed().prints(&nix::build(&expression)), "whole\n");
    }
    assert!(killed > 0);
}
