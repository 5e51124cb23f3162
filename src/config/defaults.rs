//! What a container gets that nobody asked for: that of `runc spec`, and a `/tmp`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ids, places};
use crate::container::mount::{Destination, Mount};
use crate::container::{Container, Store};
use crate::nix::closure::Closure;

/// The group that terminals have by custom, `tty`.
const TERMINALS: u64 = 5;

/// The file systems that programs expect (config-linux.md, "Default Filesystems", and `runc spec`).
///
/// `config` is the user's patch. In a user namespace of the container's own, the group of terminals may not be there, and
/// without a network namespace beside it, /sys cannot be mounted but only bound, as `runc spec --rootless` has it.
pub fn mounts(config: &Value) -> BTreeMap<Destination, Mount> {
    let mut pts = vec!["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"];
    if ids::has(config, "gidMappings", TERMINALS) {
        pts.push("gid=5");
    }
    let has_network = places::find(config, "linux.namespaces[].type").iter().any(|kind| kind.value() == "network");
    let sys = if has_network || !ids::has_user_namespace(config) {
        Mount::of("sysfs", "sysfs", &["nosuid", "noexec", "nodev", "ro"])
    } else {
        Mount::of("none", "/sys", &["rbind", "nosuid", "noexec", "nodev", "ro"])
    };
    [
        ("/proc", Mount::of("proc", "proc", &[])),
        ("/dev", Mount::of("tmpfs", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k"])),
        ("/dev/pts", Mount::of("devpts", "devpts", &pts)),
        ("/dev/shm", Mount::of("tmpfs", "shm", &["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"])),
        ("/dev/mqueue", Mount::of("mqueue", "mqueue", &["nosuid", "noexec", "nodev"])),
        ("/sys", sys),
        ("/sys/fs/cgroup", Mount::of("cgroup", "cgroup", &["nosuid", "noexec", "nodev", "relatime", "ro"])),
        // Not in `runc spec`: Nix takes the write bits off everything in the store, so a /tmp in rootfs would be of no use.
        ("/tmp", Mount::of("tmpfs", "tmpfs", &["nosuid", "nodev", "mode=1777"])),
    ]
    .into_iter()
    .map(|(destination, mount)| {
        let destination = Destination::parse(destination).expect("the default destinations are absolute");
        (destination, mount)
    })
    .collect()
}

/// Where programs are looked for, as in `runc spec`.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How many files a process may have open. crun, under the same limit, keeps one open for each mount until all are there.
pub fn open_files(container: &Container, closure: &Closure) -> usize {
    const USUALLY: usize = 1024;
    match container.store {
        Store::Copy => USUALLY,
        Store::Mount => USUALLY.max(closure.paths().len() + USUALLY / 2),
    }
}

/// What a process may do: three capabilities, and no way to more.
pub fn privileges(open_files: usize) -> Value {
    let capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];
    json!({
        "noNewPrivileges": true,
        "capabilities": {
            "bounding": capabilities,
            "effective": capabilities,
            "permitted": capabilities,
        },
        "rlimits": [{ "type": "RLIMIT_NOFILE", "soft": open_files, "hard": open_files }],
    })
}

/// Namespaces of its own, no devices but the default ones, and the parts of /proc and /sys that are the host's hidden.
pub fn linux() -> Value {
    let namespaces = ["pid", "network", "ipc", "uts", "mount"].map(|kind| json!({ "type": kind }));
    json!({
        "namespaces": namespaces,
        "resources": { "devices": [{ "allow": false, "access": "rwm" }] },
        "maskedPaths": [
            "/proc/acpi",
            "/proc/asound",
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/proc/sched_debug",
            "/sys/firmware",
            "/proc/scsi",
        ],
        "readonlyPaths": [
            "/proc/bus",
            "/proc/fs",
            "/proc/irq",
            "/proc/sys",
            "/proc/sysrq-trigger",
        ],
    })
}
