use std::fs;
use std::os::unix::fs::symlink;

use super::*;

#[test]
fn the_root_is_in_the_bundle_and_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
    fs::create_dir_all(path.join("bundle/rootfs/deep")).unwrap();
    fs::create_dir(path.join("bundle-too")).unwrap();
    fs::write(path.join("bundle/file"), "").unwrap();
    symlink("/", path.join("bundle/link")).unwrap();
    symlink("rootfs", path.join("bundle/near")).unwrap();
    let bundle = Bundle::open(&path.join("bundle")).unwrap();
    let inside = format!("{path}/bundle/rootfs");
    for root in ["rootfs", "./rootfs/", "rootfs/deep", inside.as_str()] {
        assert!(bundle.root(root).is_ok(), "{root}");
    }
    let beside = format!("{path}/bundle-too");
    for (root, problem) in [
        ("/", "outside of the bundle"),
        (beside.as_str(), "outside of the bundle"),
        ("..", "outside of the bundle"),
        ("rootfs/../../bundle-too", "outside of the bundle"),
        ("link", "is a link"),
        ("near", "is a link"),
        ("link/etc", "is a link"),
        ("file", "not a directory"),
        ("nothing", "No such file"),
    ] {
        let error = format!("{:#}", bundle.root(root).unwrap_err());
        assert!(error.contains(problem) && error.starts_with("config.json: root.path: "), "{root}: {error}");
    }
}

#[test]
fn nothing_of_the_store_may_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let top = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
    let stored = "00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-x";
    for (below, kept) in [
        (stored.to_owned(), ""),
        (format!("{stored}/deep/bundle"), ""),
        (format!("s/{stored}/{stored}"), "s"),
        ("plain/bundle".to_owned(), "plain/bundle"),
    ] {
        fs::create_dir_all(top.join(&below)).unwrap();
        let kept = if kept.is_empty() { top.clone() } else { top.join(kept) };
        assert_eq!(Bundle::open(&top.join(&below)).unwrap().kept(), kept, "{below}");
    }
}

#[test]
fn only_a_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap();
    let bundle = Bundle::open(path).unwrap();
    assert!(bundle.config().unwrap_err().to_string().contains("want a bundle"));
    let made = rustix::fs::mknodat(CWD, path.join("config.json").as_std_path(), FileType::Fifo, 0o600.into(), 0);
    made.unwrap();
    assert!(bundle.config().unwrap_err().to_string().ends_with("is not a file"));
}

#[test]
fn volumes_are_named_after_the_store_path_or_else_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let top = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
    let hash = "0123456789abcdfghijklmnpqrsvwxyz";
    for (path, name) in [(format!("{hash}-redis-7"), "redis-7"), (format!("{hash}-all/web/x"), "all/web/x")] {
        fs::create_dir_all(top.join(&path)).unwrap();
        assert_eq!(Bundle::open(&top.join(path)).unwrap().name(), name);
    }
    assert_eq!(Bundle::open(&top).unwrap().name(), top);
}
