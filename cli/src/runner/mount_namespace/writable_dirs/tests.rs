use std::fs;
use std::os::unix::fs::symlink;

use rustix::fs::CWD;

use super::*;

fn open(path: &Path) -> OwnedFd {
    open_to_list(CWD, path.strip_prefix("/").unwrap())
        .or_else(|_| rustix::fs::openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY, Mode::empty()))
        .unwrap()
}

#[test]
fn every_directory_is_there_however_deep_and_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let [lower, layer] = ["lower", "layer"].map(|name| folder.path().join(name));
    let deep: PathBuf = std::iter::repeat_n("d", 1900).collect();
    fs::create_dir_all(lower.join(&deep)).unwrap();
    fs::create_dir_all(lower.join("nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash/bin")).unwrap();
    symlink("/etc", lower.join("link")).unwrap();
    fs::create_dir(&layer).unwrap();
    make(open(&lower), open(&layer), Privilege::Rootless).unwrap();
    assert!(layer.join(&deep).is_dir());
    assert!(layer.join("nix/store").is_dir());
    assert!(!layer.join("nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash").exists());
    assert!(layer.join("link").symlink_metadata().is_err());
}
