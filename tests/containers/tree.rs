//! A tree as it is at one moment, down to the times of its files, so that any change shows.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The path, mode, size, inode, and times of modification and change of everything below `path`, sorted.
pub fn snapshot(path: &Path) -> Vec<(PathBuf, [i64; 7])> {
    let mut entries = Vec::new();
    add(path, &mut entries);
    entries.sort();
    entries
}

fn add(path: &Path, entries: &mut Vec<(PathBuf, [i64; 7])>) {
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

/// The names in a directory, sorted.
pub fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
