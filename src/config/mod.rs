//! The document `config.json` (OCI runtime spec, config.md).

mod capabilities;
mod check;
mod defaults;
mod differences;
mod known;
mod namespaces;
mod places;
mod relations;
mod semantics;
mod signals;
mod values;
mod version;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::container::Container;
use crate::container::mount::{Destination, Mount};
use crate::container::process::{self, LONGEST_HOSTNAME};
use crate::field::{AttrPath, Mistake};
use crate::nix::closure::Closure;
use crate::path::ContainerPath;

/// The mounts of the container: the defaults, changed as the user asked.
///
/// What comes from the closure is mounted read-only unless the user says `rw`: it is the host's store, which a container
/// that runs as its owner could otherwise write to.
pub fn mounts(container: &Container, closure: &Closure) -> BTreeMap<Destination, Mount> {
    let mut mounts = defaults::mounts();
    for (destination, mount) in &container.mounts {
        match mount {
            Some(mount) if mount.is_bind() && closure.has(mount.source.as_ref()) => {
                mounts.insert(destination.clone(), mount.clone().read_only_by_default())
            }
            Some(mount) => mounts.insert(destination.clone(), mount.clone()),
            None => mounts.remove(destination),
        };
    }
    mounts
}

/// The document for a container of this `name` with these `mounts`.
///
/// The mounts stand in the order of their destinations: a runtime mounts them in the order listed, so a parent has to
/// come before its children (config.md, "Mounts").
///
/// # Errors
/// A [`Mistake`] in the argument `config`: the rest cannot be wrong.
pub fn document(container: &Container, name: &str, mounts: &BTreeMap<Destination, Mount>) -> Result<Value, Mistake> {
    let mut document = json!({
        "hostname": container.hostname.as_deref().unwrap_or(hostname(name)),
        "root": { "path": "rootfs", "readonly": container.readonly },
        "process": process(container),
        "mounts": mounts.iter().map(|(at, mount)| mount.document(at)).collect::<Vec<_>>(),
        "linux": defaults::linux(),
    });
    json_patch::merge(&mut document, &container.config);
    let asked = document.as_object_mut().and_then(|fields| fields.remove("ociVersion"));
    document["ociVersion"] = asked.unwrap_or_else(|| version::lowest(&document).into());
    capabilities::check(&document)?;
    check::check(&document)?;
    semantics::check(&document)?;
    version::check(&document)?;
    Ok(document)
}

/// Where the process starts, as the document has it after the patch.
///
/// # Errors
/// A [`Mistake`] if it cannot be made.
pub fn cwd(document: &Value) -> Result<ContainerPath, Mistake> {
    let asked = places::find(document, "process.cwd").first().map(process::decode_cwd);
    asked.unwrap_or(Ok(ContainerPath::root()))
}

/// Where the user wrote the program that the document has.
pub fn attribute_of_program(container: &Container) -> AttrPath {
    let patched = container.config["process"].get("args").is_some();
    let parent = if patched { places::root().attribute("process") } else { AttrPath::default() };
    parent.attribute("args").element(0)
}

fn process(container: &Container) -> Value {
    let mut process = defaults::privileges();
    let home = container.user.patched(&container.config).home().to_string();
    let mut environment = BTreeMap::from([("PATH", Some(defaults::PATH))]);
    if container.base_files {
        environment.insert("HOME", Some(&home));
    }
    environment.extend(container.env.iter().map(|(name, value)| (name.as_str(), value.as_deref())));
    let environment = environment.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
    process["args"] = json!(container.args);
    process["cwd"] = json!(container.cwd.to_string());
    process["env"] = environment.collect();
    process["terminal"] = json!(container.terminal);
    process["user"] = container.user.document();
    process
}

/// Store path names are ASCII, so any byte is a place to cut.
fn hostname(name: &str) -> &str {
    name.get(..LONGEST_HOSTNAME).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::store::StoreDir;

    fn at(text: &str) -> Destination {
        Destination::parse(text).unwrap()
    }

    fn container(mounts: &[(&str, Option<Mount>)]) -> Container {
        let plain = Container::decode(&json!({ "args": ["/bin/x"] }), "x86_64-linux").unwrap();
        Container {
            mounts: mounts.iter().map(|(text, mount)| (at(text), mount.clone())).collect(),
            readonly: true,
            ..plain
        }
    }

    const BASH: &str = "/nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash";

    fn mounts_of(container: &Container) -> BTreeMap<Destination, Mount> {
        let closure = Closure::decode(&json!([{ "path": BASH, "references": [] }]), &StoreDir::default()).unwrap();
        mounts(container, &closure)
    }

    #[test]
    fn what_comes_from_the_closure_is_read_only_unless_said_otherwise() {
        for (source, options, expected) in [
            (BASH, &["rbind"][..], &["rbind", "ro"][..]),
            (BASH, &["rbind", "rw"], &["rbind", "rw"]),
            (BASH, &["ro", "bind"], &["ro", "bind"]),
            ("/srv/data", &["rbind"], &["rbind"]),
        ] {
            let container = container(&[("/x", Some(Mount::of("bind", source, options)))]);
            assert_eq!(mounts_of(&container)[&at("/x")].options, expected, "{source} {options:?}");
        }
    }

    fn destinations(container: &Container) -> Vec<String> {
        let document = document(container, "x", &mounts_of(container)).unwrap();
        let mounts = document["mounts"].as_array().unwrap();
        mounts.iter().map(|mount| mount["destination"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn parents_are_mounted_before_their_children() {
        let bind = || Some(Mount::of("bind", "/s", &["bind"]));
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
        let tmpfs = Mount::of("tmpfs", "tmpfs", &["size=1m"]);
        let container = container(&[("/tmp", Some(tmpfs.clone())), ("/dev/mqueue", None), ("/not/there", None)]);
        let mounts = mounts_of(&container);
        assert_eq!(mounts[&at("/tmp")], tmpfs);
        assert!(!mounts.contains_key(&at("/dev/mqueue")));
        assert_eq!(mounts.len(), defaults::mounts().len() - 1);
    }

    #[test]
    fn the_document_is_what_the_spec_wants() {
        let container = container(&[]);
        let document = document(&container, "hello", &mounts_of(&container)).unwrap();
        assert_eq!(document["ociVersion"], "1.0.0");
        assert_eq!(document["process"]["args"], json!(["/bin/x"]));
        assert_eq!(document["root"], json!({"path": "rootfs", "readonly": true}));
        assert_eq!(document["hostname"], "hello");
    }

    #[test]
    fn a_long_name_is_cut_to_a_host_name() {
        assert_eq!(hostname(&"n".repeat(200)).len(), 64);
    }
}
