//! Trees of files, as hostile as a store path can be.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::sample::select;
use rustix::fs::{FileType, Mode};

#[derive(Clone, Debug)]
pub enum Entry {
    File(Vec<u8>, bool),
    Directory(Vec<(OsString, Entry)>),
    Link(String),
    /// Neither of these: what no store has.
    Special(FileType),
}

/// Names that a tree may have twice, that clash with what the rootfs has, and that no text can hold.
fn name() -> impl Strategy<Value = OsString> {
    let names: Vec<&[u8]> = vec![
        b"a", b"b", b"bin", b"etc", b"nix", b"dev", b"proc", b"tmp", b"passwd", b"store", b"sh", b"x\ny", b"\xff",
        b"\x1b[1m", b" ", b"-rf",
    ];
    select(names).prop_map(|name| OsString::from_vec(name.to_vec()))
}

/// Where links of the host's file systems lead, beside those of the tree.
fn target() -> impl Strategy<Value = String> {
    let step = select(vec!["a", "b", "bin", "etc", "nix", "..", ".", "", "passwd"]);
    let steps = proptest::collection::vec(step, 1..5);
    prop_oneof![
        6 => (any::<bool>(), steps).prop_map(|(is_absolute, steps)| {
            let path = steps.join("/");
            if is_absolute || path.is_empty() { format!("/{path}") } else { path }
        }),
        1 => select(vec!["/", "/etc/passwd", "/proc/self/root", "../../../../../../../../etc", "/nix/store", "/dev"])
            .prop_map(str::to_owned),
    ]
}

/// What a directory has in it.
pub fn entries() -> impl Strategy<Value = Vec<(OsString, Entry)>> {
    let leaf = prop_oneof![
        3 => (proptest::collection::vec(any::<u8>(), 0..20), any::<bool>())
            .prop_map(|(bytes, is_executable)| Entry::File(bytes, is_executable)),
        3 => target().prop_map(Entry::Link),
    ];
    let entry = leaf.prop_recursive(3, 20, 4, |inner| {
        btree_map(name(), inner, 0..4).prop_map(|children| Entry::Directory(children.into_iter().collect()))
    });
    btree_map(name(), entry, 0..5).prop_map(|children| children.into_iter().collect())
}

/// What an attacker adds to a directory: what must not be opened, what is deep, and links by very many steps.
pub fn hostile() -> impl Strategy<Value = (OsString, Entry)> {
    let deep = |depth| {
        let bottom = Entry::Link("../../b".to_owned());
        (0..depth).fold(bottom, |entry, _| Entry::Directory(vec![("d".into(), entry)]))
    };
    let step = select(vec!["./", "a/../", "d/../", "//", "../b/../p0/"]);
    let long = (step, target()).prop_map(|(step, target)| {
        let steps = step.repeat(4000 / step.len());
        Entry::Link(format!("{}{}", if step == "//" { "/" } else { &steps }, target.trim_start_matches('/')))
    });
    let mut kinds = vec![FileType::Fifo, FileType::Socket];
    if rustix::process::geteuid().is_root() {
        kinds.extend([FileType::CharacterDevice, FileType::BlockDevice]);
    }
    let special = select(kinds).prop_map(Entry::Special);
    (name(), prop_oneof![special, (1..50_usize).prop_map(deep), long])
}

/// Makes them in a directory that is there.
pub fn make(entries: &[(OsString, Entry)], directory: &Path) {
    for (name, entry) in entries {
        let path = directory.join(name);
        match entry {
            Entry::File(bytes, is_executable) => {
                fs::write(&path, bytes).unwrap();
                let mode = if *is_executable { 0o555 } else { 0o444 };
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            }
            Entry::Directory(children) => {
                fs::create_dir(&path).unwrap();
                make(children, &path);
            }
            Entry::Link(target) => symlink(target, &path).unwrap(),
            Entry::Special(kind) => {
                // Of /dev/zero, the kernel's device without an end, and of nothing that is a disk.
                let device = rustix::fs::makedev(if *kind == FileType::CharacterDevice { 1 } else { 0 }, 5);
                rustix::fs::mknodat(rustix::fs::CWD, &path, *kind, Mode::from_raw_mode(0o600), device).unwrap();
            }
        }
    }
}

/// What a tree is, file by file, sorted: the kind, whether it can be run, and what is in it or where it leads.
pub fn listing(directory: &Path) -> Vec<(PathBuf, String, Vec<u8>)> {
    let mut found = Vec::new();
    list(directory, directory, &mut found);
    found.sort();
    found
}

fn list(root: &Path, directory: &Path, found: &mut Vec<(PathBuf, String, Vec<u8>)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        let place = path.strip_prefix(root).unwrap().to_owned();
        if metadata.is_symlink() {
            let target = fs::read_link(&path).unwrap().into_os_string().into_vec();
            found.push((place, "link".to_owned(), target));
        } else if metadata.is_dir() {
            found.push((place, "directory".to_owned(), Vec::new()));
            list(root, &path, found);
        } else if !metadata.is_file() {
            found.push((place, "special".to_owned(), Vec::new()));
        } else {
            let kind = if metadata.permissions().mode() & 0o111 == 0 { "file" } else { "program" };
            found.push((place, kind.to_owned(), fs::read(&path).unwrap()));
        }
    }
}
