//! Who runs in a container, and what that user may do.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};

use tempfile::TempDir;

use crate::support::runtime;
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
