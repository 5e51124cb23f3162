use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::runner::runtime_config::RuntimeConfig;

/// Where paths lead in a root directory with mounts, each with what it is of.
fn ends(root: &Path, mounts: &[(&str, Content)], paths: &[&str]) -> Vec<End> {
    let directory = open_path(CWD, root.as_os_str(), OFlags::DIRECTORY).unwrap();
    let entries: Vec<Value> = mounts.iter().map(|(destination, _)| json!({ "destination": destination })).collect();
    let config = RuntimeConfig::from(json!({ "mounts": entries }));
    let contents = mounts.iter().map(|(_, content)| content.clone());
    let tree = ContainerTree::new(directory.as_fd(), config.mounts().into_iter().zip(contents)).unwrap();
    paths.iter().map(|path| tree.follow(Path::new(path)).unwrap()).collect()
}

fn place(path: &str) -> End {
    End::Place(path.into())
}

fn in_proc(path: &str) -> End {
    End::InProc(path.into())
}

#[test]
fn links_are_followed_from_mount_to_mount() {
    let folder = TempDir::new().unwrap();
    let (root, other) = (folder.path().join("root"), folder.path().join("other"));
    fs::create_dir_all(root.join("a/b")).unwrap();
    fs::create_dir_all(other.join("deep/er")).unwrap();
    symlink("/a/b", root.join("short")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    symlink("/short", other.join("deep/out")).unwrap();
    symlink("../../../proc/self", other.join("deep/up")).unwrap();
    symlink("/other", root.join("a/to-other")).unwrap();
    let content = Content::Of(other.clone());
    let mounts = [("/short/it/", content.clone()), ("/a/to-other", content), ("/none/x", Content::Unknown)];
    let paths = [
        "/short",
        "/a/b/it/deep/er",
        "/a/b/it/deep/er/../../../it",
        "/short/it/deep/out",
        "/other/deep/out/it/deep",
        "/short/it/deep/up",
        "/other/deep/up",
        "/none/x/y/z/../../../..",
        "/none/y/../x/y/../../../a",
        "/loop/x",
        "/../../a/./b//",
        "/missing/x/../../a",
    ];
    let expected = [
        place("/a/b"),
        place("/a/b/it/deep/er"),
        place("/a/b/it"),
        place("/a/b"),
        place("/a/b/it/deep"),
        place("/a/proc/self"),
        in_proc("/proc/self"),
        place("/"),
        place("/a"),
        End::Nowhere,
        place("/a/b"),
        place("/a"),
    ];
    for ((path, found), expected) in paths.iter().zip(ends(&root, &mounts, &paths)).zip(expected) {
        assert_eq!(found, expected, "{path}");
    }
}

#[test]
fn a_proc_is_known_by_its_type_and_by_its_file_system() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("proc")).unwrap();
    let machine = Content::Of("/".into());
    let mounts = [("/also", Content::Proc), ("/machine", machine), ("/self", Content::Of("/proc/self".into()))];
    let paths = ["/proc/1", "/also/1", "/also/..", "/machine/proc", "/machine/proc/self/fd/3", "/self/fd/3", "/proc"];
    let expected = [
        in_proc("/proc/1"),
        in_proc("/also/1"),
        place("/"),
        place("/machine/proc"),
        in_proc("/machine/proc/self/fd/3"),
        in_proc("/self/fd/3"),
        place("/proc"),
    ];
    assert_eq!(ends(folder.path(), &mounts, &paths), expected);
    for (name, target) in LINKS_OF_DEV {
        let link = format!("/dev/{name}");
        assert_eq!(ends(folder.path(), &[("/dev", Content::Unknown)], &[&link]), [in_proc(target)]);
    }
    assert_eq!(ends(folder.path(), &[], &["/dev/fd/9/x"]), [in_proc("/proc/self/fd/9/x")]);
}

#[test]
fn links_of_dev_are_where_dev_is() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("y")).unwrap();
    fs::create_dir(folder.path().join("z")).unwrap();
    symlink("y", folder.path().join("dev")).unwrap();
    let dev = [("/dev", Content::Unknown)];
    assert_eq!(ends(folder.path(), &[], &["/y/fd/3", "/z/fd/3"]), [in_proc("/proc/self/fd/3"), place("/z/fd/3")]);
    assert_eq!(
        ends(folder.path(), &dev, &["/y/stdin", "/dev/stdin"]),
        [in_proc("/proc/self/fd/0"), in_proc("/proc/self/fd/0")]
    );
}

#[test]
fn no_mount_makes_the_proc_another_one() {
    let folder = TempDir::new().unwrap();
    let mounts = [("/", Content::Unknown), ("/bin", Content::Of("/bin".into())), ("/proc", Content::Unknown)];
    assert_eq!(ends(folder.path(), &mounts, &["/proc/self/task"]), [in_proc("/proc/self/task")]);
}

#[test]
fn no_way_takes_for_ever() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("x")).unwrap();
    for number in 0..39 {
        let way = format!("{}/k{}", "/x/..".repeat(780), number + 1);
        symlink(way, folder.path().join(format!("k{number}"))).unwrap();
    }
    let directory = open_path(CWD, folder.path().as_os_str(), OFlags::DIRECTORY).unwrap();
    let entries = vec![json!({ "destination": "/k0" }); 100];
    let config = RuntimeConfig::from(json!({ "mounts": entries }));
    let mounts = config.mounts().into_iter().map(|mount| (mount, Content::Unknown));
    let error = ContainerTree::new(directory.as_fd(), mounts).unwrap_err().to_string();
    assert_eq!(error, "mounts and links lead through more than 1000000 names; want shorter paths");
    let long = format!("/{}", "x/".repeat(3000));
    assert_eq!(ends(folder.path(), &[], &[&long]), [End::Nowhere]);
}

#[test]
fn a_mount_hides_what_was_mounted_below() {
    let folder = TempDir::new().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    fs::create_dir_all(one.join("x")).unwrap();
    fs::create_dir_all(two.join("b")).unwrap();
    symlink("/one", one.join("link")).unwrap();
    symlink("/two", two.join("b/link")).unwrap();
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    let both = [("/a/b", Content::Of(one)), ("/a", Content::Of(two))];
    assert_eq!(ends(&root, &both[..1], &["/a/b/link"]), [place("/one")]);
    assert_eq!(ends(&root, &both, &["/a/b/link"]), [place("/two")]);
}
