use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use super::*;

/// A directory of a test.
pub fn open(directory: &Path) -> RootDir {
    let flags = OFlags::PATH | OFlags::DIRECTORY;
    RootDir::new(rustix::fs::openat(rustix::fs::CWD, directory, flags, Mode::empty()).unwrap())
}

#[test]
fn only_regular_files_inside_are_read() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("root");
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::write(folder.path().join("secret"), "of the host").unwrap();
    fs::write(root.join("file"), "inside").unwrap();
    symlink("/file", root.join("absolute")).unwrap();
    symlink("../../../secret", root.join("etc/out")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, root.join("fifo"), FileType::Fifo, Mode::from_raw_mode(0o644), 0).unwrap();
    fs::write(root.join("odd"), b"\xff").unwrap();
    let opened = open(&root);
    assert_eq!(opened.read("absolute", 6).unwrap(), "inside");
    for path in ["etc/out", "fifo", "etc", "odd", "none"] {
        assert!(opened.read(path, 100).is_err(), "{path}");
    }
    assert_eq!(opened.read("file", 5).unwrap_err().to_string(), "longer than 5 bytes");
}
