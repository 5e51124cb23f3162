use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::super::real_path::real_path;
use super::*;

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
    (folder, path)
}

fn set_mode(path: &Utf8Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_path_is_fixed_up_to_what_others_may_write_to() {
    let (_folder, path) = folder();
    let deep = path.join("a/b");
    fs::create_dir_all(&deep).unwrap();
    let trust = Trust::new(&[]).unwrap();
    assert_eq!(trust.fixed_part(&deep).unwrap(), deep);
    set_mode(&path.join("a"), 0o777);
    assert_eq!(trust.fixed_part(&deep).unwrap(), path.join("a"));
    // In a sticky directory, what is our own stays.
    set_mode(&path.join("a"), 0o1777);
    assert_eq!(trust.fixed_part(&deep).unwrap(), deep);
    set_mode(&path, 0o775);
    assert_eq!(trust.fixed_part(&deep).unwrap(), path);
    assert!(trust.fixes_all_of("/".into()) && trust.fixes_all_of("/etc".into()) && !trust.fixes_all_of(&deep));
}

#[test]
fn a_link_that_others_can_change_is_not_followed() {
    let (_folder, path) = folder();
    fs::create_dir_all(path.join("open/there")).unwrap();
    fs::create_dir(path.join("real")).unwrap();
    symlink("../real", path.join("open/link")).unwrap();
    symlink("real", path.join("link")).unwrap();
    let trust = Trust::new(&[]).unwrap();
    let opened = |name: &str| trust.open(path.join(name).as_std_path()).map(|found| real_path(found).unwrap());
    assert_eq!(opened("link").unwrap(), path.join("real"));
    assert_eq!(opened("open/link").unwrap(), path.join("real"));
    assert_eq!(opened("open/../open/there/.").unwrap(), path.join("open/there"));
    set_mode(&path.join("open"), 0o777);
    assert_eq!(opened("open/there").unwrap(), path.join("open/there"));
    let error = opened("open/link").unwrap_err().to_string();
    assert_eq!(error, "'link' on the way to it is a link that another user can change; give a path without it");
    assert!(opened("nothing").is_err());
    symlink("loop", path.join("loop")).unwrap();
    assert!(opened("loop").is_err());
}

#[test]
fn a_source_may_be_a_file() {
    let (_folder, path) = folder();
    fs::create_dir(path.join("open")).unwrap();
    fs::write(path.join("file"), "").unwrap();
    symlink("file", path.join("link")).unwrap();
    symlink("../file", path.join("open/link")).unwrap();
    let trust = Trust::new(&[]).unwrap();
    let opened = |name: &str, links: Links| {
        let found = trust.open_source(CWD, path.join(name).as_std_path(), links)?;
        real_path(found)
    };
    for name in ["file", "link", "open/link"] {
        assert_eq!(opened(name, Links::All).unwrap(), path.join("file"), "{name}");
    }
    assert_eq!(opened("open", Links::All).unwrap(), path.join("open"));
    assert_eq!(opened("open/link", Links::LastKept).unwrap(), path.join("open/link"));
    set_mode(&path.join("open"), 0o777);
    let error = opened("open/link", Links::All).unwrap_err().to_string();
    assert_eq!(error, "'link' on the way to it is a link that another user can change; give a path without it");
    for name in ["file/x", "link/x", "none"] {
        assert!(opened(name, Links::All).is_err(), "{name}");
    }
    assert!(trust.open(path.join("file").as_std_path()).is_err());
}

#[test]
fn no_way_takes_for_ever() {
    let (_folder, path) = folder();
    for number in 0..39 {
        let way = format!("{}{path}/l{}", "/..".repeat(1000), number + 1);
        symlink(way, path.join(format!("l{number}"))).unwrap();
    }
    fs::create_dir(path.join("l39")).unwrap();
    let trust = Trust::new(&[]).unwrap();
    let mut results = (0..40).map(|_| trust.open_source(CWD, path.join("l0").as_std_path(), Links::All));
    let error = results.find_map(Result::err).unwrap().to_string();
    assert_eq!(error, "the paths to files of this host have more than 1000000 names; want shorter ones");
}
