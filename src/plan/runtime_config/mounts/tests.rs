use super::*;
use crate::plan::definition::mount::Mount;
use crate::plan::derivation::closure::Node;
use crate::plan::derivation::store::StoreDir;

fn at(text: &str) -> Destination {
    Destination::parse(text).unwrap()
}

fn container(mounts: &[(&str, Option<Mount>)]) -> Definition {
    let plain = Definition::decode(&json!({ "args": ["/bin/x"] }), "x86_64-linux").unwrap();
    Definition {
        mounts: mounts.iter().map(|(text, mount)| (at(text), mount.clone())).collect(),
        readonly: true,
        ..plain
    }
}

const BASH: &str = "/nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash";

fn closure() -> Closure {
    let bash = Node { path: BASH.to_owned(), references: Vec::new(), size: 0 };
    Closure::decode(&[bash], &StoreDir::default()).unwrap()
}

fn mounts_of(definition: &Definition) -> Mounts {
    planned_mounts(definition, &closure())
}

#[test]
fn what_comes_from_the_closure_is_read_only_unless_said_otherwise() {
    for (source, options, expected) in [
        (BASH, &["rbind"][..], &["rbind", "ro"][..]),
        (BASH, &["rbind", "rw"], &["rbind", "rw"]),
        (BASH, &["ro", "bind"], &["ro", "bind"]),
        ("/srv/data", &["rbind"], &["rbind"]),
    ] {
        let container = container(&[("/x", Some(Mount::new("bind", source, options)))]);
        assert_eq!(mounts_of(&container).get(&at("/x")).unwrap().mount.options, expected, "{source} {options:?}");
    }
}

fn destinations(definition: &Definition) -> Vec<String> {
    let mounts = document(&mounts_of(definition), Store::Copy, &closure()).unwrap();
    mounts.iter().map(|mount| mount["destination"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn parents_are_mounted_before_their_children() {
    let bind = || Some(Mount::new("bind", "/s", &["bind"]));
    let container = container(&[("/srv/a/b", bind()), ("/srv", bind()), ("/srv/a", bind()), ("/srv-b", bind())]);
    assert_eq!(
        destinations(&container),
        [
            "/dev",
            "/dev/mqueue",
            "/dev/pts",
            "/dev/shm",
            "/proc",
            "/srv",
            "/srv/a",
            "/srv/a/b",
            "/srv-b",
            "/sys",
            "/sys/fs/cgroup",
            "/tmp",
        ]
    );
}

#[test]
fn a_default_mount_is_replaced_or_dropped() {
    let tmpfs = Mount::new("tmpfs", "tmpfs", &["size=1m"]);
    let container = container(&[("/tmp", Some(tmpfs.clone())), ("/dev/mqueue", None), ("/not/there", None)]);
    let mounts = mounts_of(&container);
    assert_eq!(mounts.get(&at("/tmp")).unwrap().mount, tmpfs);
    assert!(mounts.get(&at("/dev/mqueue")).is_none());
    assert_eq!(mounts.iter().count(), defaults::mounts(&RuntimeConfig::default()).len() - 1);
}
