//! `oci-bundle run` for an ordinary user who has subordinate ids.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;

use crate::nix;
use crate::runtime::{self, Runtime};

const UID: u32 = 1234;

/// The machine's files of users with one more, to whom ids are granted.
struct Users(TempDir);

impl Users {
    fn with(granted: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let passwd = fs::read_to_string("/etc/passwd").unwrap() + "ann:x:1234:1234::/:/bin/sh\n";
        for (name, text) in [("passwd", passwd.as_str()), ("subuid", granted), ("subgid", granted)] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        // What runs sees it as if it were the machine's.
        fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        Self(folder)
    }

    fn run(&self, runtime: Runtime, bundle: &Path) -> Output {
        self.run_after("true", runtime, bundle)
    }

    /// Runs it after a command has changed what of the machine it sees.
    fn run_after(&self, preparation: &str, runtime: Runtime, bundle: &Path) -> Output {
        let bind = |name| format!("mount --bind {}/{name} /etc/{name}", self.0.path().display());
        let files = ["passwd", "subuid", "subgid"].map(bind).join(" && ");
        runtime.launcher_prepared(&format!("{files} && {preparation}"), UID).arg(bundle).output().unwrap()
    }
}

fn container(script: &str, arguments: &str) -> PathBuf {
    let script = nix::string(script);
    nix::build(&format!(
        r#"buildContainer {{
             name = "script";
             args = [ "sh" "-c" {script} ];
             contents = [ pkgs.busybox ];
             {arguments}
           }}"#
    ))
}

fn prints(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

const MAP: &str = "awk '{ print $1, $2, $3 }' /proc/self/uid_map";

#[test]
fn a_container_of_another_user_and_more_groups_gets_them() {
    let script = format!("id -u; id -g; id -G; {MAP}; stat -c %g /dev/pts/ptmx");
    let bundle = container(&script, "user = { uid = 5; gid = 6; additionalGids = [ 7 65535 ]; };");
    let users = Users::with("ann:100000:65536\n");
    for runtime in runtime::ALL {
        let printed = prints(users.run(runtime, &bundle));
        assert_eq!(printed, "5\n6\n6 7 65535\n0 1234 1\n1 100000 65536\n0\n", "{runtime:?}");
    }
}

#[test]
fn a_container_that_can_change_its_user_gets_them() {
    let script = format!("touch /file; chown 33:34 /file; stat -c '%u %g' /file; {MAP}");
    let capabilities = "bounding = caps; effective = caps; permitted = caps;";
    let arguments = format!(
        r#"config.process.capabilities = let caps = [ "CAP_CHOWN" "CAP_SETUID" "CAP_SETGID" ]; in {{ {capabilities} }};"#
    );
    let bundle = container(&script, &arguments);
    let users = Users::with("1234:200000:50\n");
    for runtime in runtime::ALL {
        assert_eq!(prints(users.run(runtime, &bundle)), "33 34\n0 1234 1\n1 200000 50\n", "{runtime:?}");
    }
}

#[test]
fn a_container_that_needs_none_gets_none() {
    let bundle = container(MAP, "");
    let users = Users::with("ann:100000:65536\n");
    for runtime in runtime::ALL {
        assert_eq!(prints(users.run(runtime, &bundle)), "0 1234 1\n", "{runtime:?}");
    }
}

#[test]
fn a_user_namespace_of_the_bundle_is_made_of_what_there_is() {
    let bundle = container(
        &format!("id -u; {MAP}"),
        r#"config.linux = {
             namespaces = [ { type = "mount"; } { type = "pid"; } { type = "user"; } ];
             uidMappings = [ { containerID = 0; hostID = 100000; size = 1000; } ];
             gidMappings = [ { containerID = 0; hostID = 100000; size = 1000; } ];
           };
           config.hostname = null; mounts."/sys" = null; mounts."/dev/mqueue" = null;
           mounts."/sys/fs/cgroup" = null;"#,
    );
    for runtime in runtime::ALL {
        let users = Users::with("ann:100000:65536\n");
        assert_eq!(prints(users.run(runtime, &bundle)), "0\n0 0 1\n1 1 999\n", "{runtime:?}");
        let output = Users::with("").run(runtime, &bundle);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n0 0 1\n", "{runtime:?} {output:?}");
        let said =
            "oci-bundle: left out ids of linux.uidMappings, as there are 1; ids of linux.gidMappings, as there are 1\n";
        assert_eq!(String::from_utf8_lossy(&output.stderr), said, "{runtime:?}");
    }
}

#[test]
fn ids_that_cannot_be_mapped_are_an_error() {
    let bundle = container("exit 0", "user.uid = 5;");
    let users = Users::with("ann:100000:65536\n");
    // As good as not there.
    let output = users.run_after("mount --bind /dev/null \"$(command -v newuidmap)\"", Runtime::Crun, &bundle);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("oci-bundle: starting 'newuidmap' (Debian has it in the package uidmap)"), "{said}");
    assert!(said.contains("oci-bundle: mapping the subordinate ids of /etc/subuid and /etc/subgid"), "{said}");
}
