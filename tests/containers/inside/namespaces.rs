//! Namespaces: which of them a container has for itself, and which it shares.

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::support::runtime::{self, Runtime};
use crate::support::script::container;

/// The kinds of namespaces, by their names in the spec and in /proc. All but the last are the default ones.
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
        assert_eq!(own(&runtime.prints(&bundle)), ["mount", "network", "pid", "ipc", "uts", "cgroup"], "{runtime:?}");
    }
}

#[test]
fn a_namespace_that_is_dropped_is_the_hosts() {
    // The mount namespace is not among them: this process does not share it with the runtime either.
    for dropped in ["network", "pid", "ipc", "uts", "cgroup"] {
        let rest: Vec<_> = KINDS[..6].iter().map(|(kind, _)| *kind).filter(|kind| *kind != dropped).collect();
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
    let kinds = KINDS[..5].iter().map(|(kind, _)| *kind);
    let (with, without) = (container(look, ""), container(look, &namespaces(kinds)));
    for runtime in runtime::ALL {
        assert_eq!(runtime.prints(&with), "/\n", "{runtime:?}");
        assert_ne!(runtime.prints(&without), "/\n", "{runtime:?}");
    }
}

/// Prints whose processes, network interfaces and message queues there are, and fails if a default mount is of no use.
fn see() -> String {
    format!(
        r#"
          if [ -d /proc/{} ]; then echo processes of the host; fi
          cd /sys/class/net; echo *
          if grep -q ' /dev/mqueue mqueue ' /proc/mounts; then echo queues; fi
          grep -q ' /proc proc ' /proc/mounts
          test -d /proc/self
          test "$(ls /sys/fs/cgroup)"
          echo x > /dev/shm/x
          echo x > /tmp/x 2> /dev/null || true
          test -c /dev/pts/ptmx
        "#,
        std::process::id()
    )
}

/// What that prints in a container that shares these namespaces.
fn seen(shared: &str, has_queues: bool) -> String {
    let interfaces =
        fs::read_dir("/sys/class/net").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut interfaces: Vec<_> = interfaces.collect();
    interfaces.sort();
    let processes = if shared == "pid" { "processes of the host\n" } else { "" };
    let interfaces = if shared == "network" { interfaces.join(" ") } else { "lo".to_owned() };
    let queues = if has_queues { "queues\n" } else { "" };
    format!("{processes}{interfaces}\n{queues}")
}

const MAPPINGS: &str = "
  config.linux.uidMappings = [ { containerID = 0; hostID = 100000; size = 65536; } ];
  config.linux.gidMappings = [ { containerID = 0; hostID = 100000; size = 65536; } ];
";

/// Runs a container that shares a namespace with the host, for root and for an ordinary user.
fn default_mounts_fit_without(missing: &str) {
    for user in [None, Some("user")] {
        let kinds = KINDS[..6].iter().map(|(kind, _)| *kind).filter(|kind| *kind != missing);
        let hostname = if missing == "uts" { "config.hostname = null;" } else { "" };
        let mappings = if user.is_some() { MAPPINGS } else { "" };
        let bundle = container(&see(), &format!("{} {hostname} {mappings}", namespaces(kinds.chain(user))));
        for runtime in runtime::ALL {
            for uid in [0, 1234] {
                let output = runtime.wrapper(uid).arg(&bundle).output().unwrap();
                let has_queues = missing != "ipc" || (user.is_none() && uid == 0);
                let case = format!("{runtime:?}, user {uid}, {user:?}, without {missing:?}: {output:?}");
                assert!(output.status.success(), "{case}");
                assert_eq!(String::from_utf8_lossy(&output.stdout), seen(missing, has_queues), "{case}");
            }
            // Root takes no wrapper for it.
            let has_queues = missing != "ipc" || user.is_none();
            assert_eq!(
                runtime.prints(&bundle),
                seen(missing, has_queues),
                "{runtime:?}, {user:?}, without {missing:?}"
            );
        }
    }
}

#[test]
fn default_mounts_fit_the_default_namespaces() {
    default_mounts_fit_without("");
}

#[test]
fn default_mounts_fit_the_network_of_the_host() {
    default_mounts_fit_without("network");
}

#[test]
fn default_mounts_fit_the_processes_of_the_host() {
    default_mounts_fit_without("pid");
}

#[test]
fn default_mounts_fit_the_queues_of_the_host() {
    default_mounts_fit_without("ipc");
}

#[test]
fn default_mounts_fit_the_name_of_the_host() {
    default_mounts_fit_without("uts");
}

#[test]
fn default_mounts_fit_the_cgroups_of_the_host() {
    default_mounts_fit_without("cgroup");
}

#[test]
fn default_mounts_fit_namespaces_that_are_joined() {
    for (kind, options, name) in [("network", "--net", "net"), ("ipc", "--ipc", "ipc")] {
        let joined = Namespace::new(&[options], name);
        for user in [None, Some("user")] {
            let others = KINDS[..6].iter().map(|(kind, _)| *kind).filter(|other| *other != kind).chain(user);
            let entries: String = others.map(|kind| format!("{{ type = \"{kind}\"; }}")).collect();
            let mappings = if user.is_some() { MAPPINGS } else { "" };
            let bundle = container(
                &format!("readlink /proc/self/ns/{name}; {}", see()),
                &format!(
                    "config.linux.namespaces = [ {{ type = \"{kind}\"; path = \"{}\"; }} {entries} ]; {mappings}",
                    joined.path()
                ),
            );
            for runtime in runtime::ALL {
                let printed = runtime.prints(&bundle);
                let (link, printed) = printed.split_once('\n').unwrap();
                assert_eq!(link, joined.name(), "{runtime:?}, {user:?}");
                // A /sys that is bound shows the host's interfaces.
                let shown = if kind == "network" && user.is_some() { "network" } else { "" };
                let expected = seen(shown, kind != "ipc" || user.is_none());
                assert_eq!(printed, expected, "{runtime:?}, {user:?}, {kind}");
            }
        }
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
