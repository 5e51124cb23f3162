//! `oci-bundle run` for an ordinary user to whom a control group is delegated.

use std::path::Path;

use crate::support::built::Built;
use crate::support::cgroup::Cgroup;
use crate::support::runner::container;
use crate::support::runtime::{self, Runtime};

const UID: u32 = 1234;

/// A container that prints its control group, and the limit that this has.
fn limited(more: &str) -> Built {
    let script =
        "group=$(sed -n s/^0:://p /proc/self/cgroup); echo ${group%%bundle-*}bundle; cat /groups$group/hugetlb.2MB.max";
    let limits = format!("hugepageLimits = [ {{ pageSize = \"2MB\"; limit = 4194304; }} ]; {more}");
    // In the cgroup namespace of the host, it sees where its control group is.
    let namespaces = r#"map (type: { inherit type; }) [ "pid" "network" "ipc" "uts" "mount" ]"#;
    container(script, &format!("config.linux = {{ namespaces = {namespaces}; resources = {{ {limits} }}; }};"))
}

/// Runs it in the control group, on a machine that has no other kind. Gives what is printed and what is said.
fn run(runtime: Runtime, group: &Cgroup, bundle: &Path, before: &str) -> (String, String) {
    let enter = format!("echo $$ >/sys/fs/cgroup/{}/cgroup.procs", group.name());
    let preparation = format!("mount -t cgroup2 cgroup2 /sys/fs/cgroup && {enter} && {before}");
    let mut run = runtime.wrapper_prepared(&preparation, UID);
    let output = run.args(["--mount", "/sys/fs/cgroup:/groups:ro"]).arg(bundle).output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn limits_hold() {
    let bundle = limited("");
    for runtime in runtime::ALL {
        let group = Cgroup::delegated(UID, "hugetlb");
        let (printed, said) = run(runtime, &group, &bundle, "true");
        assert_eq!(said, "", "{runtime:?}");
        assert_eq!(printed, format!("/{}/oci-bundle\n4194304\n", group.name()), "{runtime:?}");
        let left: Vec<_> =
            group.path.read_dir().unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).collect();
        assert_eq!(left.len(), 1, "{runtime:?}: the wrapper's alone: {left:?}");
    }
}

#[test]
fn limits_without_a_controller_are_left_out() {
    let bundle = limited("pids.limit = 5;");
    for runtime in runtime::ALL {
        let group = Cgroup::delegated(UID, "hugetlb");
        let (printed, said) = run(runtime, &group, &bundle, "true");
        let name = group.name();
        assert_eq!(
            said,
            format!(
                "oci-bundle: warning: pids limits dropped: the delegated cgroup '/{name}' lacks their controllers\n"
            )
        );
        assert_eq!(printed, format!("/{name}/oci-bundle\n4194304\n"), "{runtime:?}");
    }
}

#[test]
fn limits_are_left_out_where_other_processes_are() {
    let bundle = limited("");
    for runtime in runtime::ALL {
        let group = Cgroup::delegated(UID, "hugetlb");
        let (_, said) = run(runtime, &group, &bundle, "(sleep 1000 >/dev/null 2>&1 &)");
        let expected = format!(
            "oci-bundle: warning: hugepage limits dropped: other processes are in the delegated cgroup '/{}'\n",
            group.name()
        );
        assert!(said.starts_with(&expected), "{runtime:?}: {said}");
    }
}
