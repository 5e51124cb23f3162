//! The copy of the closure.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use serde_json::json;

use crate::derivation::Derivation;

fn hello() -> Derivation {
    Derivation::new(json!({ "args": ["hello"] }))
}

#[test]
fn every_kind_of_file_arrives_as_it_is() {
    let mut derivation = hello();
    let path = derivation.add("kinds", &[]);
    fs::create_dir_all(path.join("bin")).unwrap();
    fs::create_dir(path.join("empty")).unwrap();
    fs::write(path.join("bin/program"), "#!\n").unwrap();
    fs::set_permissions(path.join("bin/program"), Permissions::from_mode(0o555)).unwrap();
    fs::write(path.join("data"), vec![7; 300_000]).unwrap();
    fs::set_permissions(path.join("data"), Permissions::from_mode(0o444)).unwrap();
    fs::write(path.join("nothing"), "").unwrap();
    let odd = OsStr::from_bytes(b"new\nline \xff");
    fs::write(path.join(odd), "odd").unwrap();
    symlink("bin/program", path.join("relative")).unwrap();
    symlink("/does/not/exist", path.join("dangling")).unwrap();
    symlink("../../../../../..", path.join("outside")).unwrap();

    derivation.succeeds();

    let copy = derivation.in_rootfs(&path);
    let mode = |name: &str| copy.join(name).symlink_metadata().unwrap().mode() & 0o777;
    assert_eq!(fs::read_dir(&copy).unwrap().count(), 8);
    assert_eq!((fs::read(copy.join("bin/program")).unwrap(), mode("bin/program")), (b"#!\n".to_vec(), 0o555));
    assert_eq!((fs::read(copy.join("data")).unwrap(), mode("data")), (vec![7; 300_000], 0o444));
    assert_eq!(fs::read(copy.join("nothing")).unwrap(), b"");
    assert_eq!(fs::read(copy.join(odd)).unwrap(), b"odd");
    assert_eq!(fs::read_dir(copy.join("empty")).unwrap().count(), 0);
    for (link, target) in
        [("relative", "bin/program"), ("dangling", "/does/not/exist"), ("outside", "../../../../../..")]
    {
        assert_eq!(fs::read_link(copy.join(link)).unwrap().to_str(), Some(target));
    }
}

#[test]
fn a_store_path_may_be_a_file_or_a_link() {
    let mut derivation = hello();
    let file = derivation.add("run.sh", &[]);
    fs::write(&file, "#!/bin/sh\n").unwrap();
    let link = derivation.add("link", &["run.sh"]);
    symlink(&file, &link).unwrap();

    derivation.succeeds();

    assert_eq!(fs::read(derivation.in_rootfs(&file)).unwrap(), b"#!/bin/sh\n");
    assert_eq!(fs::read_link(derivation.in_rootfs(&link)).unwrap(), file);
}

#[test]
fn a_file_of_several_names_stays_one_file() {
    let mut derivation = hello();
    let one = derivation.add("one", &[]);
    let two = derivation.add("two", &[]);
    fs::create_dir(&one).unwrap();
    fs::create_dir(&two).unwrap();
    fs::write(one.join("a"), "shared").unwrap();
    fs::hard_link(one.join("a"), one.join("b")).unwrap();
    fs::hard_link(one.join("a"), two.join("c")).unwrap();

    derivation.succeeds();

    let inode = |path| derivation.in_rootfs(path).metadata().unwrap().ino();
    assert_eq!(inode(one.join("a")), inode(one.join("b")));
    assert_eq!(inode(one.join("a")), inode(two.join("c")));
    assert_ne!(inode(one.join("a")), one.join("a").metadata().unwrap().ino(), "the store's own file was shared");
    assert_eq!(fs::read(derivation.in_rootfs(two.join("c"))).unwrap(), b"shared");
}

#[test]
fn a_tree_as_deep_as_a_path_may_be_is_copied() {
    let mut derivation = hello();
    let path = derivation.add("deep", &[]);
    let mut level = path.clone();
    fs::create_dir(&path).unwrap();
    // The copy's path is longer than the original's by the folder's name and `out/rootfs`.
    while level.as_os_str().len() < 3800 {
        for sibling in ["b", "c", "d"] {
            fs::write(level.join(sibling), "").unwrap();
        }
        level.push("a");
        fs::create_dir(&level).unwrap();
    }
    fs::write(level.join("bottom"), "reached").unwrap();

    derivation.succeeds();

    assert_eq!(fs::read(derivation.in_rootfs(level.join("bottom"))).unwrap(), b"reached");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let derivation = Derivation::new(json!({ "args": ["x"], "mounts": { "/b": "/1", "/a": "/2", "/c/d": "/3" } }));
    derivation.succeeds();
    let first = fs::read(derivation.out().join("config.json")).unwrap();
    for _ in 0..5 {
        fs::remove_dir_all(derivation.out()).unwrap();
        derivation.succeeds();
        assert_eq!(fs::read(derivation.out().join("config.json")).unwrap(), first);
    }
}

#[test]
fn an_existing_output_is_not_touched() {
    let derivation = hello();
    fs::create_dir(derivation.out()).unwrap();
    fs::write(derivation.out().join("keep"), "").unwrap();
    assert!(!derivation.build().success);
    assert!(derivation.out().join("keep").exists());
}
