//! The copy of the closure.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use serde_json::json;

use crate::derivation::Derivation;

/// A container of one program.
pub fn hello() -> Derivation {
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
fn more_names_than_a_directory_is_work_for_are_all_there() {
    let mut derivation = hello();
    let path = derivation.add("wide", &[]);
    fs::create_dir(&path).unwrap();
    // Each file has a name for the other half, so that threads meet at the same inodes.
    for number in 0..50_000 {
        let name = path.join(format!("a{number}"));
        fs::write(&name, number.to_string()).unwrap();
        fs::hard_link(&name, path.join(format!("b{number}"))).unwrap();
    }

    derivation.succeeds();

    let copy = derivation.in_rootfs(&path);
    assert_eq!(fs::read_dir(&copy).unwrap().count(), 100_000);
    for number in 0..50_000 {
        let (a, b) = (copy.join(format!("a{number}")), copy.join(format!("b{number}")));
        assert_eq!(fs::read_to_string(&a).unwrap(), number.to_string());
        assert_eq!(a.metadata().unwrap().ino(), b.metadata().unwrap().ino());
    }
}

#[test]
fn ten_thousand_store_paths_are_all_there_either_way() {
    let mut derivation = hello();
    let names: Vec<_> = (0..10_000).map(|number| format!("p{number}")).collect();
    let graph: Vec<_> = names
        .iter()
        .map(|name| {
            let path = derivation.store_path(name);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("name"), name).unwrap();
            json!({ "path": path, "references": [derivation.store_path("p0")], "narSize": 1 })
        })
        .collect();
    derivation.attrs["closure"] = json!(graph);

    derivation.succeeds();
    for name in &names {
        let copy = derivation.in_rootfs(derivation.store_path(name)).join("name");
        assert_eq!(fs::read_to_string(copy).unwrap(), *name);
    }

    fs::remove_dir_all(derivation.out()).unwrap();
    derivation.set("store", json!("mount"));
    let config = derivation.succeeds();
    let mounts = config["mounts"].as_array().unwrap().iter();
    let of_store = mounts.filter(|mount| Path::new(mount["source"].as_str().unwrap()).starts_with(derivation.store()));
    assert_eq!(of_store.count(), 10_000);
    assert_eq!(fs::read_dir(derivation.in_rootfs(derivation.store())).unwrap().count(), 10_000);
}

#[test]
fn a_file_keeps_its_holes() {
    let mut derivation = hello();
    let path = derivation.add("sparse", &[]);
    fs::create_dir(&path).unwrap();
    // One that is copied at once, one of several parts, one that is a hole, and one whose size needs more than 32 bits.
    let sizes = [("small", 10 << 20), ("large", 200 << 20), ("hole", 1 << 20), ("huge", 5 << 30)];
    for (name, size) in sizes {
        let file = File::create(path.join(name)).unwrap();
        file.set_len(size).unwrap();
        if name != "hole" {
            for offset in [0, size / 2, size - 3] {
                file.write_all_at(b"abc", offset).unwrap();
            }
        }
    }

    derivation.succeeds();

    for (name, size) in sizes {
        let copy = File::open(derivation.in_rootfs(path.join(name))).unwrap();
        let metadata = copy.metadata().unwrap();
        assert_eq!(metadata.len(), size, "{name}");
        assert!(metadata.blocks() * 512 <= 1 << 20, "{name} takes {} blocks", metadata.blocks());
        for (offset, expected) in [(0, b"abc"), (size / 2, b"abc"), (size - 3, b"abc"), (size / 4, b"\0\0\0")] {
            let mut found = [1; 3];
            copy.read_exact_at(&mut found, offset).unwrap();
            assert_eq!(&found, if name == "hole" { b"\0\0\0" } else { expected }, "{name} at {offset}");
        }
    }
}

#[test]
fn a_large_file_is_the_same_in_every_part() {
    let mut derivation = hello();
    let path = derivation.add("large", &[]);
    // No part is like another, and the last one is not whole.
    let bytes: Vec<u8> = (0..25_000_001_u32).flat_map(u32::to_le_bytes).collect();
    fs::write(&path, &bytes).unwrap();

    derivation.succeeds();

    assert!(fs::read(derivation.in_rootfs(&path)).unwrap() == bytes);
}

#[test]
fn the_log_ends_with_what_was_copied() {
    let mut derivation = hello();
    for (name, size) in [("a", 3000), ("b", 2_000_000), ("c", 10), ("d", 500)] {
        fs::write(derivation.add(name, &[]), vec![7; size]).unwrap();
    }
    for (index, size) in [3000, 2_000_000, 10, 500].into_iter().enumerate() {
        derivation.attrs["closure"][index]["narSize"] = json!(size);
    }
    let said = derivation.build().stderr;
    let (before, after) = said.trim_end().lines().last().unwrap().split_once(", in ").unwrap();
    assert_eq!(before, "oci-bundle: 4 store paths copied, 4 files, 1.9 MiB");
    let (seconds, largest) = after.split_once("; ").unwrap();
    assert!(seconds.strip_suffix(" s").unwrap().parse::<f64>().is_ok(), "{said}");
    assert_eq!(largest, "largest: b 1.9 MiB, a 2.9 KiB, d 500 B");
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

#[test]
fn directories_in_each_other_take_no_open_files_and_little_stack() {
    let mut derivation = hello();
    let deep = "/d".repeat(1900);
    derivation.set("cwd", json!(deep));
    let mut contents = Vec::new();
    for name in ["one", "two"] {
        let package = derivation.add_tree(name, &[(format!("{}/{name}", &"p/".repeat(1900)[..3799]).as_str(), "")]);
        contents.push(package);
    }
    derivation.set("contents", json!(contents));
    let file = derivation.write_attrs("attrs.json");
    let mut command = derivation.builder_under(&["prlimit", "--nofile=64", "--"]);
    let outcome = crate::derivation::Outcome::new(command.env("NIX_ATTRS_JSON_FILE", file));
    assert!(outcome.success, "{}", outcome.stderr);
    assert!(derivation.in_rootfs(&deep).is_dir());
    for name in ["one", "two"] {
        assert!(derivation.in_rootfs("/p".repeat(1900)).join(name).is_symlink());
    }
}
