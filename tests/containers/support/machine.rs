//! Machines that have other cgroups than this one has. What is different, are the mounts that a process sees.

use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// The first version of cgroups alone, a mount for each controller.
    First,
    /// The second version alone, as on most machines of today.
    Second,
    /// The controllers in the first version, and the second one beside them.
    Mixed,
    /// No cgroups, and no /sys at all, as in the sandbox of a build of Nix.
    WithoutSys,
}

pub const ALL: [Machine; 4] = [Machine::First, Machine::Second, Machine::Mixed, Machine::WithoutSys];

/// The second version, where a machine has the first.
const BESIDE: &str = "/sys/fs/cgroup/unified";

impl Machine {
    /// Commands of the shell that make it of this one, in a mount namespace; none if this one has not got what it takes.
    pub fn preparation(self) -> Option<String> {
        let is_mixed = Path::new(BESIDE).join("cgroup.procs").exists();
        let has_first = Path::new("/sys/fs/cgroup/pids").exists();
        match self {
            Self::First if is_mixed => Some(format!("umount {BESIDE}")),
            Self::First => has_first.then(|| "true".to_owned()),
            Self::Second => Some("mount -t cgroup2 cgroup2 /sys/fs/cgroup".to_owned()),
            Self::Mixed if is_mixed => Some("true".to_owned()),
            Self::Mixed => Some(format!(
                "mount -t tmpfs tmpfs /sys/fs/cgroup && mkdir {BESIDE} /sys/fs/cgroup/systemd && \
                 mount -t cgroup2 cgroup2 {BESIDE} && mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd"
            )),
            Self::WithoutSys => Some(WITHOUT_SYS.to_owned()),
        }
    }

    /// Whether a limit of the number of processes can be set there.
    pub fn has_limits(self) -> bool {
        match self {
            Self::First | Self::Mixed => Path::new("/sys/fs/cgroup/pids").exists(),
            // A controller is in one of the versions.
            Self::Second => !Path::new("/sys/fs/cgroup/pids").exists(),
            Self::WithoutSys => false,
        }
    }
}

/// A new root file system with all of the old one, but for that.
const WITHOUT_SYS: &str = r#"{
    set -e
    mount -t tmpfs -o mode=755 tmpfs /mnt
    for entry in /*; do
        case $entry in /sys | /mnt) continue ;; esac
        if [ -L "$entry" ]; then
            cp -P "$entry" /mnt
        elif [ -d "$entry" ]; then
            mkdir "/mnt$entry"
            mount --rbind "$entry" "/mnt$entry"
        fi
    done
    cd /mnt
    mkdir machine-before
    pivot_root . machine-before
    umount --lazy machine-before
    rmdir machine-before
    cd /
}"#;
