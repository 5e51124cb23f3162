//! Faults: what a build leaves and says when it cannot go on.

mod killed;
mod limits;
mod system_calls;

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use crate::support::builder::Builder;
use crate::support::nix;

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
