//! Trees of files: one as it is at a moment, down to the times of its files, so that any change shows; and copies.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The path, mode, size, inode, and times of modification and change of a file.
pub type Entry = (PathBuf, [i64; 7]);

/// Everything at and below `path`, sorted.
pub fn snapshot(path: &Path) -> Vec<Entry> {
    let mut entries = Vec::new();
    add(path, &mut entries);
    entries.sort();
    entries
}

fn add(path: &Path, entries: &mut Vec<Entry>) {
    let metadata = path.symlink_metadata().unwrap();
    let facts = [
        i64::from(metadata.mode()),
        metadata.size().try_into().unwrap(),
        metadata.ino().try_into().unwrap(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    ];
    entries.push((path.to_owned(), facts));
    if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            add(&entry.unwrap().path(), entries);
        }
    }
}

/// The paths of which there is something else now: what was made or removed, written to, or given to others.
pub fn changed(before: &[Entry], after: &[Entry]) -> BTreeSet<PathBuf> {
    let [before, after] = [before, after].map(|entries| entries.iter().collect::<BTreeSet<_>>());
    before.symmetric_difference(&after).map(|(path, _)| path.clone()).collect()
}

/// The names in a directory, sorted.
pub fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Copies a bundle out of the store, with a rootfs that its owner may write to.
pub fn writable(bundle: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    for (program, args) in [("cp", ["-RP", "--no-target-directory"]), ("chmod", ["-R", "u+w"])] {
        let mut command = Command::new(program);
        command.args(args);
        if program == "cp" {
            command.arg(bundle);
        }
        assert!(command.arg(copy.path()).status().unwrap().success(), "{command:?}");
    }
    copy
}
