//! What a container gets that nobody asked for, and what it is like without: each default is dropped with a null.

use std::fs;
use std::path::Path;

use crate::support::nix;
use crate::support::runtime::{self, Runtime};
use crate::support::script::container;

/// The destinations of the default mounts, without those that runtimes need.
const MOUNTS: [&str; 6] = ["/dev/mqueue", "/dev/pts", "/dev/shm", "/sys", "/sys/fs/cgroup", "/tmp"];

/// Prints where something is mounted.
const MOUNTED: &str = "cut -d ' ' -f 5 /proc/self/mountinfo";

/// The paths in `paths` on which a container has a mount, by what it printed.
fn among<'p>(paths: &[&'p str], printed: &str) -> Vec<&'p str> {
    paths.iter().filter(|path| printed.lines().any(|line| line == **path)).copied().collect()
}

#[test]
fn each_default_mount_can_be_dropped() {
    for dropped in [None].into_iter().chain(MOUNTS.map(Some)) {
        let arguments = dropped.map(|mount| format!("mounts.\"{mount}\" = null;")).unwrap_or_default();
        let bundle = container(MOUNTED, &arguments);
        let expected: Vec<_> = MOUNTS.into_iter().filter(|mount| Some(*mount) != dropped).collect();
        for runtime in runtime::ALL {
            assert_eq!(among(&MOUNTS, &runtime.prints(&bundle)), expected, "{runtime:?}: {dropped:?}");
        }
    }
}

#[test]
fn dev_can_be_replaced_and_not_dropped() {
    let said = nix::build_fails(
        r#"buildContainer { args = [ "${pkgs.hello}/bin/hello" ];
             mounts = { "/dev" = null; "/dev/pts" = null; "/dev/shm" = null; "/dev/mqueue" = null; }; }"#,
    );
    assert!(
        said.contains("buildContainer: mounts.\"/dev\": found null, but a runtime makes devices in /dev"),
        "{said}"
    );
    let bundle = container(
        "grep ' /dev ' /proc/mounts | grep -c noexec; : > /dev/null",
        r#"mounts."/dev" = { type = "tmpfs"; options = [ "noexec" "mode=755" ]; };"#,
    );
    for runtime in runtime::ALL {
        assert_eq!(runtime.prints(&bundle), "1\n", "{runtime:?}");
    }
}

#[test]
fn proc_can_be_dropped() {
    for (arguments, expected) in [("", "there\n"), (r#"mounts."/proc" = null;"#, "not there\n")] {
        let bundle = container("[ -e /proc/self ] && echo there || echo not there", arguments);
        // Not under runc, which looks into the container's /proc itself.
        assert_eq!(Runtime::Crun.prints(&bundle), expected, "{arguments}");
    }
}

#[test]
fn nothing_in_proc_is_a_program_or_a_device() {
    let bundle = container("grep ' /proc proc ' /proc/mounts", "");
    for runtime in runtime::ALL {
        let printed = runtime.prints(&bundle);
        for option in ["nosuid", "nodev", "noexec"] {
            assert!(printed.split([' ', ',']).any(|found| found == option), "{runtime:?}: {printed}");
        }
    }
}

#[test]
fn the_default_path_can_be_dropped() {
    for (arguments, expected) in
        [("", Some("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")), ("env.PATH = null;", None)]
    {
        let bundle = nix::build(&format!(
            r#"buildContainer {{ args = [ "${{pkgs.coreutils}}/bin/env" ]; readonly = true; {arguments} }}"#
        ));
        for runtime in runtime::ALL {
            let printed = runtime.prints(&bundle);
            assert_eq!(printed.lines().find(|line| line.starts_with("PATH=")), expected, "{runtime:?}");
        }
    }
}

#[test]
fn no_new_privileges_can_be_dropped() {
    for (arguments, expected) in [("", "1"), ("config.process.noNewPrivileges = null;", "0")] {
        let bundle = container("grep ^NoNewPrivs: /proc/self/status", arguments);
        for runtime in runtime::ALL {
            assert_eq!(runtime.prints(&bundle), format!("NoNewPrivs:\t{expected}\n"), "{runtime:?}");
        }
    }
}

#[test]
fn without_capabilities_there_are_none() {
    const NONE: &str = "config.process.capabilities = { bounding = [ ]; effective = [ ]; permitted = [ ]; };";
    for (arguments, expected) in [("", "0000000020000420"), (NONE, "0000000000000000")] {
        let bundle = container("grep -E '^Cap(Prm|Eff|Bnd):' /proc/self/status | cut -f 2 | sort -u", arguments);
        for runtime in runtime::ALL {
            assert_eq!(runtime.prints(&bundle), format!("{expected}\n"), "{runtime:?}: {arguments}");
        }
    }
}

#[test]
fn without_limits_those_of_the_runtime_hold() {
    const LINE: &str = "Max open files";
    // runc raises its own soft limit to the hard one.
    let hard = |limits: &str| {
        let line = limits.lines().find(|line| line.starts_with(LINE)).unwrap();
        line.split_whitespace().nth(4).unwrap().to_owned()
    };
    let of_this_process = hard(&fs::read_to_string("/proc/self/limits").unwrap());
    assert_ne!(of_this_process, "1024", "this test needs to run with another limit than the default one");
    for (arguments, expected) in [("", "1024"), ("config.process.rlimits = null;", of_this_process.as_str())] {
        let bundle = container(&format!("grep '^{LINE}' /proc/self/limits"), arguments);
        for runtime in runtime::ALL {
            assert_eq!(hard(&runtime.prints(&bundle)), expected, "{runtime:?}: {arguments}");
        }
    }
}

#[test]
fn without_masked_paths_nothing_is_masked() {
    const MASKED: [&str; 14] = [
        "/proc/acpi",
        "/proc/asound",
        "/proc/interrupts",
        "/proc/kcore",
        "/proc/keys",
        "/proc/latency_stats",
        "/proc/sched_debug",
        "/proc/scsi",
        "/proc/timer_list",
        "/proc/timer_stats",
        "/sys/devices/virtual/powercap",
        "/sys/devices/virtual/tpm",
        "/sys/firmware",
        "/sys/fs/selinux",
    ];
    let of_this_kernel: Vec<_> = MASKED.into_iter().filter(|path| Path::new(path).exists()).collect();
    assert!(!of_this_kernel.is_empty());
    for (arguments, expected) in [("", of_this_kernel), ("config.linux.maskedPaths = null;", vec![])] {
        let bundle = container(MOUNTED, arguments);
        for runtime in runtime::ALL {
            assert_eq!(among(&MASKED, &runtime.prints(&bundle)), expected, "{runtime:?}: {arguments}");
        }
    }
}

#[test]
fn without_read_only_paths_root_can_set_parameters() {
    for (arguments, expected) in [("", "Read-only file system\n"), ("config.linux.readonlyPaths = null;", "changed\n")]
    {
        let bundle = container(
            "cd /proc/sys/kernel; { echo changed > domainname; } 2>&1 || true; grep changed domainname || true",
            arguments,
        );
        for runtime in runtime::ALL {
            let printed = runtime.prints(&bundle);
            assert!(printed.ends_with(expected), "{runtime:?}: {printed}");
        }
    }
}
