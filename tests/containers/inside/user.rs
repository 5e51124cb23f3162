//! Who runs in a container, and what that user may do.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};

use tempfile::TempDir;

use crate::support::runner;
use crate::support::runtime::{self, Runtime};
use crate::support::script::container;

#[test]
fn the_program_runs_as_the_user_with_the_groups_and_the_umask() {
    // /dev/shm takes files from everyone under all runtimes.
    let bundle = container(
        r#"
          grep -E '^(Uid|Gid|Groups):' /proc/self/status
          umask
          echo x > /dev/shm/x
          stat -c '%a %u:%g' /dev/shm/x
        "#,
        r#"user = { uid = 1000; gid = 100; additionalGids = [ 5 20 ]; umask = "0027"; };"#,
    );
    for runtime in runtime::ALL {
        assert_eq!(
            runtime.prints(&bundle),
            "Uid:\t1000\t1000\t1000\t1000\nGid:\t100\t100\t100\t100\nGroups:\t5 20 \n0027\n640 1000:100\n",
            "{runtime:?}"
        );
    }
}

#[test]
fn another_user_than_root_has_the_ambient_capabilities_alone() {
    let ambient = r#"
      user.uid = 1000;
      config.process.capabilities = {
        inheritable = [ "CAP_NET_BIND_SERVICE" ];
        ambient = [ "CAP_NET_BIND_SERVICE" ];
      };
    "#;
    for (arguments, effective) in
        [("", "0000000020000420"), ("user.uid = 1000;", "0000000000000000"), (ambient, "0000000000000400")]
    {
        let bundle = container("grep ^CapEff: /proc/self/status", arguments);
        for runtime in runtime::ALL {
            assert_eq!(runtime.prints(&bundle), format!("CapEff:\t{effective}\n"), "{runtime:?}: {arguments}");
        }
    }
}

/// The capabilities that a process can have at all, those in effect, and the ambient ones.
const SETS: &str = "grep -E '^Cap(Bnd|Eff|Amb):' /proc/self/status";

fn sets(bounding: u32, effective: u32, ambient: u32) -> String {
    format!("CapEff:\t{effective:016x}\nCapBnd:\t{bounding:016x}\nCapAmb:\t{ambient:016x}\n")
}

#[test]
fn the_argument_says_which_capabilities_there_are() {
    const DEFAULT: u32 = 0x2000_0420;
    let (chown, net_admin) = (1 << 0, 1 << 12);
    for (arguments, bounding, effective, ambient) in [
        ("capabilities = [ ];", 0, 0, 0),
        ("capabilities = [ \"CAP_NET_ADMIN\" ];", net_admin, net_admin, 0),
        ("capabilities = { add = [ \"CAP_CHOWN\" ]; drop = [ \"CAP_KILL\" ]; };", 0x2000_0401, 0x2000_0401, 0),
        ("capabilities.drop = [ \"ALL\" ]; user.uid = 1000;", 0, 0, 0),
        ("capabilities.add = [ \"CAP_CHOWN\" ]; user.uid = 1000;", DEFAULT | chown, chown, chown),
        ("capabilities = [ \"CAP_NET_ADMIN\" ]; user.uid = 1000;", net_admin, net_admin, net_admin),
    ] {
        let bundle = container(SETS, arguments);
        for runtime in runtime::ALL {
            let wanted = sets(bounding, effective, ambient);
            assert_eq!(runtime.prints(&bundle), wanted, "{runtime:?}: {arguments}");
            // runc cannot start another user's container without ids of that user.
            let is_root = !arguments.contains("uid");
            for uid in runner::USERS.into_iter().filter(|uid| *uid == 0 || is_root || runtime == Runtime::Crun) {
                let mut run = runtime.wrapper(uid);
                run.arg(&*bundle);
                assert_eq!(runner::prints(run), wanted, "{runtime:?} of {uid}: {arguments}");
            }
        }
    }
}

#[test]
fn a_capability_lets_another_user_do_what_it_is_for() {
    let script = "ip link set dev lo mtu 1500 && cat /sys/class/net/lo/mtu";
    for (arguments, changes) in
        [("capabilities = [ \"CAP_NET_ADMIN\" ];", true), ("capabilities.drop = [ \"ALL\" ];", false)]
    {
        let bundle = runner::container(script, &format!("user.uid = 1000; {arguments}"));
        for runtime in runtime::ALL {
            let mut run = runtime.wrapper(0);
            run.arg(&*bundle);
            let output = runner::output(run);
            assert_eq!(output.stdout == b"1500\n", changes, "{runtime:?}: {arguments} {output:?}");
        }
    }
}

#[test]
fn root_of_a_user_namespace_is_another_user_of_the_host() {
    const UID: u32 = 100_000;
    const GID: u32 = 200_000;
    // A folder that the container's root may write to. It is nobody's who may go through the one above it, and need not be.
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    chown(&data, Some(UID), Some(GID)).unwrap();
    // Every default but the list of namespaces is as always.
    let bundle = container(
        "id -u; grep -h . /proc/self/[ug]id_map; stat -c '%u:%g' / /data; echo x > /data/file",
        &format!(
            r#"mounts."/data" = "{}";
               config.linux = {{
                 namespaces = map (type: {{ inherit type; }}) [ "user" "mount" "network" "pid" "ipc" "uts" ];
                 uidMappings = [ {{ containerID = 0; hostID = {UID}; size = 65536; }} ];
                 gidMappings = [ {{ containerID = 0; hostID = {GID}; size = 65536; }} ];
               }};"#,
            data.display()
        ),
    );
    for runtime in runtime::ALL {
        let printed = runtime.prints(&bundle);
        let lines: Vec<_> = printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        // The store's files are of the host's root, who is nobody here.
        assert_eq!(lines, ["0", "0 200000 65536", "0 100000 65536", "65534:65534", "0:0"], "{runtime:?}");

        let file = data.join("file");
        let metadata = file.metadata().unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), (UID, GID), "{runtime:?}");
        fs::remove_file(file).unwrap();
    }
}
