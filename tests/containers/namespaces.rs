//! Namespaces: which of them a container has for itself, and which it shares.

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::runtime::{self, Runtime};
use crate::script::container;

/// The kinds of namespaces, by their names in the spec and in /proc. The first five are the default ones.
const KINDS: [(&str, &str); 7] = [
    ("mount", "mnt"),
    ("network", "net"),
    ("pid", "pid"),
    ("ipc", "ipc"),
    ("uts", "uts"),
    ("cgroup", "cgroup"),
    ("user", "user"),
];

/// Prints them in this order.
const LOOK: &str = "for kind in mnt net pid ipc uts cgroup user; do readlink /proc/self/ns/$kind; done";

/// `config.linux.namespaces` of these kinds.
fn namespaces<'k>(kinds: impl IntoIterator<Item = &'k str>) -> String {
    let entries: String = kinds.into_iter().map(|kind| format!("{{ type = \"{kind}\"; }}")).collect();
    format!("config.linux.namespaces = [ {entries} ];")
}

/// The kinds of which a container, by what it printed, is not in the namespace that this process is in.
fn own(printed: &str) -> Vec<&'static str> {
    assert_eq!(printed.lines().count(), KINDS.len(), "{printed}");
    let of_this_process = |kind| fs::read_link(format!("/proc/self/ns/{kind}")).unwrap().display().to_string();
    let kinds = KINDS.iter().zip(printed.lines());
    kinds.filter(|((_, kind), line)| of_this_process(kind) != *line).map(|((kind, _), _)| *kind).collect()
}

#[test]
fn a_container_has_the_default_namespaces_for_itself() {
    let bundle = container(LOOK, "");
    for runtime in runtime::ALL {
        assert_eq!(own(&runtime.prints(&bundle)), ["mount", "network", "pid", "ipc", "uts"], "{runtime:?}");
    }
}

#[test]
fn a_namespace_that_is_dropped_is_the_hosts() {
    // The mount namespace is not among them: this process does not share it with the runtime either.
    for dropped in ["network", "pid", "ipc", "uts"] {
        let rest: Vec<_> = KINDS[..5].iter().map(|(kind, _)| *kind).filter(|kind| *kind != dropped).collect();
        // Without a UTS namespace of its own, a container cannot have a name of its own.
        let bundle = container(LOOK, &format!("{} config.hostname = null;", namespaces(rest.clone())));
        for runtime in runtime::ALL {
            assert_eq!(own(&runtime.prints(&bundle)), rest, "{runtime:?}: {dropped}");
        }
    }
}

#[test]
fn a_container_with_the_least_namespaces_is_in_the_others_of_the_runtime() {
    let folder = TempDir::new().unwrap();
    let seen_by_runtime = folder.path().join("seen");
    // A hook of this kind runs where the runtime does.
    let arguments = |more: &str| {
        format!(
            r#"config.hooks.createRuntime = [ {{
                 path = "${{pkgs.writeShellScript "hook" "PATH=${{pkgs.coreutils}}/bin; {LOOK} > {}"}}";
               }} ];
               {more}"#,
            seen_by_runtime.display()
        )
    };
    let least = "config = { hostname = null; linux.namespaces = [ { type = \"mount\"; } ]; };";
    let (least, usual) = (container(LOOK, &arguments(least)), container(LOOK, &arguments("")));
    // The first line is the mount namespace.
    let others = |printed: &str| printed.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    for runtime in runtime::ALL {
        let inside = others(&runtime.prints(&least));
        assert_eq!(inside, others(&fs::read_to_string(&seen_by_runtime).unwrap()), "{runtime:?}");
        let inside = others(&runtime.prints(&usual));
        assert_ne!(inside, others(&fs::read_to_string(&seen_by_runtime).unwrap()), "{runtime:?}");
    }
}

#[test]
fn a_cgroup_namespace_hides_where_the_containers_cgroup_is() {
    let look = "cut -d : -f 3 /proc/self/cgroup | sort -u";
    let kinds = KINDS[..6].iter().map(|(kind, _)| *kind);
    let (with, without) = (container(look, &namespaces(kinds)), container(look, ""));
    for runtime in runtime::ALL {
        assert_eq!(runtime.prints(&with), "/\n", "{runtime:?}");
        assert_ne!(runtime.prints(&without), "/\n", "{runtime:?}");
    }
}

#[test]
fn a_container_joins_a_network_namespace() {
    let network = Namespace::new(&["--net"], "net");
    let bundle = container(
        "readlink /proc/self/ns/net",
        &format!(
            r#"config.linux.namespaces = [
                 {{ type = "network"; path = "{}"; }}
                 {{ type = "mount"; }} {{ type = "pid"; }} {{ type = "ipc"; }} {{ type = "uts"; }}
               ];"#,
            network.path()
        ),
    );
    let expected = format!("{}\n", network.name());
    assert_ne!(network.name(), fs::read_link("/proc/self/ns/net").unwrap().display().to_string());
    for runtime in runtime::ALL {
        assert_eq!(runtime.prints(&bundle), expected, "{runtime:?}");
    }
}

#[test]
fn a_container_joins_a_time_namespace() {
    let time = Namespace::new(&["--time", "--boottime", "100000"], "time_for_children");
    let bundle = container(
        "readlink /proc/self/ns/time; grep boottime /proc/self/timens_offsets",
        &format!(
            r#"config.linux.namespaces = [
                 {{ type = "time"; path = "{}"; }}
                 {{ type = "mount"; }} {{ type = "network"; }} {{ type = "ipc"; }} {{ type = "uts"; }}
               ];"#,
            time.path()
        ),
    );
    // runc has no time namespaces before 1.2.0. crun 1.8 ends its own first process when it is to make a PID namespace
    // too, and does not set `timeOffsets`, so this container has neither.
    let printed = Runtime::Crun.prints(&bundle);
    let words: Vec<_> = printed.split_whitespace().collect();
    assert_eq!(words, [&time.name(), "boottime", "100000", "0"]);
}

/// A namespace outside of any container, which is there until this is dropped.
struct Namespace {
    /// A process in it, which ends when its input does: also if this one is killed.
    holder: Child,
    kind: &'static str,
}

impl Namespace {
    /// Makes one with options of unshare(1); `kind` is its name in /proc.
    fn new(options: &[&str], kind: &'static str) -> Self {
        let mut command = Command::new("unshare");
        command.args(options).arg("cat").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut this = Self { holder: command.spawn().unwrap(), kind };
        // Once `cat` answers, the namespace is there.
        this.holder.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        this.holder.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        this
    }

    fn path(&self) -> String {
        format!("/proc/{}/ns/{}", self.holder.id(), self.kind)
    }

    fn name(&self) -> String {
        fs::read_link(self.path()).unwrap().display().to_string()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}
