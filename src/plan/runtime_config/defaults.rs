//! Defaults: those of `runc spec`, with the paths that Docker and Podman hide as well, a cgroup namespace, and a tmpfs on `/tmp`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::plan::definition::mount::{Destination, Mount, MountPoint};
use crate::plan::definition::run_settings::Network;
use crate::plan::definition::{Definition, Store};
use crate::plan::derivation::closure::Closure;
use crate::plan::runtime_config::RuntimeConfig;
use crate::plan::runtime_config::namespace_mounts::{self, Privilege, Way};
use crate::plan::runtime_config::validate::id_maps;

/// The group that terminals have by custom, `tty`.
const TERMINALS: u64 = 5;

/// The file systems that programs expect (config-linux.md, "Default Filesystems", and `runc spec`), as the namespaces of this
/// document let them be mounted.
///
/// What programs write to memory takes half of it, and a million files, at most, as on `/tmp` under systemd; a limit of memory
/// counts it.
pub fn mounts(config: &RuntimeConfig) -> BTreeMap<Destination, Mount> {
    let mut pts = vec!["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"];
    // Which groups a user namespace has that is joined, nobody knows here.
    if id_maps::has(config, "gidMappings", TERMINALS)
        && namespace_mounts::joins(config.document(), "user") != Some(true)
    {
        pts.push("gid=5");
    }
    [
        // Nothing in there is a device or a program; moby's `daemon/pkg/oci/defaults.go` has these options.
        ("/proc", Mount::new("proc", "proc", &["nosuid", "noexec", "nodev"])),
        ("/dev", Mount::new("tmpfs", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k"])),
        ("/dev/pts", Mount::new("devpts", "devpts", &pts)),
        ("/dev/shm", Mount::new("tmpfs", "shm", &["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"])),
        ("/dev/mqueue", Mount::new("mqueue", "mqueue", &["nosuid", "noexec", "nodev"])),
        ("/sys", Mount::new("sysfs", "sysfs", &["nosuid", "noexec", "nodev", "ro"])),
        ("/sys/fs/cgroup", Mount::new("cgroup", "cgroup", &["nosuid", "noexec", "nodev", "relatime", "ro"])),
        // Not in `runc spec`: Nix takes the write bits off everything in the store, so a /tmp in rootfs would be of no use.
        ("/tmp", Mount::new("tmpfs", "tmpfs", &["nosuid", "nodev", "mode=1777", "size=50%", "nr_inodes=1m"])),
    ]
    .into_iter()
    .filter_map(|(destination, mount)| {
        let destination = Destination::parse(destination).expect("the default destinations are absolute");
        Some((destination, fitting(mount, config)?))
    })
    .collect()
}

/// The mount, or what is there in its place. A build takes it that root starts the container: `oci-bundle run` fits the mounts
/// again for others.
fn fitting(mount: Mount, config: &RuntimeConfig) -> Option<Mount> {
    match namespace_mounts::way(config.document(), &mount.kind, Privilege::Root) {
        Way::Mount => Some(mount),
        Way::Bind(source) => {
            let access = mount.options.iter().map(String::as_str).filter(|option| *option == "ro");
            let options: Vec<_> = namespace_mounts::BIND_OPTIONS.into_iter().chain(access).collect();
            Some(Mount { mount_point: Some(MountPoint::Directory), ..Mount::new("none", source, &options) })
        }
        Way::Nothing => None,
    }
}

/// Where programs are looked for, as in `runc spec`.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How many files a process may have open. crun, under the same limit, keeps one open for each mount until all are there.
pub fn open_files(definition: &Definition, closure: &Closure) -> usize {
    const USUALLY: usize = 1024;
    match definition.store {
        Store::Copy => USUALLY,
        Store::Mount => USUALLY.max(closure.paths().len() + USUALLY / 2),
    }
}

/// What a process may do that is asked for nothing else.
const CAPABILITIES: [&str; 3] = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];

/// What a process may do, and no way to more.
///
/// A program of another user than root has only the ambient capabilities (capabilities(7), "Transformation of capabilities during
/// execve()"): as with Podman, these are the ones that are asked for by name.
pub fn privileges(definition: &Definition, open_files: usize) -> Value {
    let names = definition.capabilities.over(&CAPABILITIES);
    let mut capabilities = json!({ "bounding": names, "effective": names, "permitted": names });
    let user = definition.user.with_ids(&definition.config["process"]["user"]);
    let asked = definition.capabilities.asked();
    if user.uid != 0 && !asked.is_empty() {
        capabilities["inheritable"] = json!(asked);
        capabilities["ambient"] = json!(asked);
    }
    json!({
        "noNewPrivileges": true,
        "capabilities": capabilities,
        "rlimits": [{ "type": "RLIMIT_NOFILE", "soft": open_files, "hard": open_files }],
    })
}

/// What of /proc and /sys is hidden, as it tells of the host or of other containers, or has had bugs.
///
/// Source: runc's `libcontainer/specconv/example.go`, moby's `daemon/pkg/oci/defaults.go`, and `pkg/config/default.go` of
/// Podman's go.podman.io/common, each as of 2025. The latter two hide `thermal_throttle` of each processor as well, which only
/// the machine that starts a container can list.
const MASKED: [&str; 14] = [
    "/proc/acpi",
    "/proc/asound",
    // Podman, moby: when keys are pressed (GHSA-6fw5-f8r9-fgfm).
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    // Podman, moby: how much power is used, and so what is computed (GHSA-jq35-85cj-fj4p).
    "/sys/devices/virtual/powercap",
    // runc.
    "/sys/devices/virtual/tpm",
    "/sys/firmware",
    // Podman: the host's policy, which programs would take for theirs.
    "/sys/fs/selinux",
];

/// What of /proc can only be read; source: runc and moby, as above.
const READ_ONLY: [&str; 5] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// Namespaces of its own, no devices but the default ones, and the parts of /proc and /sys that are the host's hidden.
///
/// `runc spec` makes a cgroup namespace only where there is version 2 alone. Linux has them for both since 4.6, and runc and
/// crun mount what they show.
///
/// With the host's network there is no namespace for it. With the user's there is one: `oci-bundle run` connects it, and any
/// other runtime starts the container with loopback alone.
pub fn linux(network: Option<Network>) -> Value {
    let has_network = network != Some(Network::Host);
    let kinds = ["pid", "network", "ipc", "uts", "mount", "cgroup"].into_iter();
    let kinds = kinds.filter(|kind| has_network || *kind != "network");
    json!({
        "namespaces": kinds.map(|kind| json!({ "type": kind })).collect::<Vec<_>>(),
        "resources": { "devices": [{ "allow": false, "access": "rwm" }] },
        "maskedPaths": MASKED,
        "readonlyPaths": READ_ONLY,
    })
}
