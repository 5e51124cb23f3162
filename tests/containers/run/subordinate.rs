//! `oci-bundle run` for an ordinary user who has subordinate ids.

use std::process::Output;

use crate::support::built::Built;
use crate::support::nix;
use crate::support::runtime::{self, Runtime};
use crate::support::subordinate_ids::Users;

fn container(script: &str, arguments: &str) -> Built {
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
        let said = "oci-bundle: warning: linux.uidMappings shortened: only 1 id is available\n\
                    oci-bundle: warning: linux.gidMappings shortened: only 1 id is available\n";
        assert_eq!(String::from_utf8_lossy(&output.stderr), said, "{runtime:?}");
    }
}

/// What is said where a container of user 5 is run, and ids are granted that cannot be had.
fn refused(granted: &str, preparation: &str) -> String {
    let bundle = container(&format!("id -u; {MAP}"), "user.uid = 5;");
    let users = Users::with(granted);
    // The other way: a container in which this user is the one that there is. runc has none.
    let output = users.run_after(preparation, Runtime::Crun, &bundle);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "5\n5 0 1\n", "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    let output = users.run_after(preparation, Runtime::Runc, &bundle);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let both = String::from_utf8(output.stderr).unwrap();
    let error = both.strip_prefix(&said).unwrap();
    assert!(error.starts_with("oci-bundle: runc needs user 0 and group 0 in the container"), "{error}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let start = "oci-bundle: warning: the container has only your own user and group: ";
    said.strip_prefix(start).unwrap_or_else(|| panic!("{said}")).to_owned()
}

#[test]
fn without_newuidmap_a_container_runs_as_its_user_alone() {
    // As good as not there.
    let said = refused("ann:100000:65536\n", "mount --bind /dev/null \"$(command -v newuidmap)\"");
    assert_eq!(said, "'newuidmap' is not on PATH (Debian has it in the package uidmap)\n");
    let said = refused("ann:100000:65536\n", "mount --bind /dev/null \"$(command -v newgidmap)\"");
    assert_eq!(said, "'newgidmap' is not on PATH (Debian has it in the package uidmap)\n");
}

#[test]
fn a_program_of_the_working_directory_is_not_newuidmap() {
    let here = "mkdir -p /run/copy && mount -t tmpfs -o mode=755 tmpfs /run/copy && cd /run/copy \
                && printf '#!/bin/sh\\necho called >&2' >newuidmap && chmod 755 newuidmap && export PATH=.::$PATH \
                && mount --bind /dev/null /usr/bin/newuidmap";
    let said = refused("ann:100000:65536\n", here);
    assert_eq!(said, "'newuidmap' is not on PATH (Debian has it in the package uidmap)\n");
}

#[test]
fn what_newuidmap_refuses_is_not_used() {
    // Its own rights are not there: a copy without a set-uid bit or a capability.
    let copy = "mkdir -p /run/copy && mount -t tmpfs -o mode=755 tmpfs /run/copy && cp \"$(command -v newuidmap)\" /run/copy/ \
                && chmod 755 /run/copy/newuidmap && export PATH=/run/copy:$PATH";
    let said = refused("ann:100000:65536\n", copy);
    assert!(said.starts_with("'newuidmap' refuses the ids of /etc/subuid and /etc/subgid: newuidmap: "), "{said}");
    // It says more than a line, and why is its own business.
    let program = "mkdir -p /run/copy && mount -t tmpfs -o mode=755 tmpfs /run/copy && printf '#!/bin/sh\\necho no >&2; echo more >&2; exit 3' \
                   >/run/copy/newuidmap && chmod 755 /run/copy/newuidmap && export PATH=/run/copy:$PATH";
    let said = refused("ann:100000:65536\n", program);
    assert_eq!(said, "'newuidmap' refuses the ids of /etc/subuid and /etc/subgid: no\\nmore\n");
}

#[test]
fn grants_that_overlap_are_used_once_and_odd_ones_are_not() {
    let bundle = container(&format!("id -u; {MAP}"), "user.uid = 5;");
    for (granted, map) in [
        ("ann:100000:10\nann:100005:10\n", "0 1234 1\n1 100000 10\n11 100010 5\n"),
        ("ann:100000:10\n1234:100000:10\nann:1234:1\n", "0 1234 1\n1 100000 10\n"),
        (
            "ann:4294967200:4294967295\nann:99999999999:5\nann:x:y\nann:100000:0\nann:100000:9\n",
            "0 1234 1\n1 100000 9\n",
        ),
    ] {
        let users = Users::with(granted);
        for runtime in runtime::ALL {
            assert_eq!(prints(users.run(runtime, &bundle)), format!("5\n{map}"), "{runtime:?}: {granted}");
        }
    }
}

#[test]
fn who_has_no_grant_is_told_what_fails_and_how_to_get_one() {
    let script = "touch /file; chown 33:34 /file 2>&1 || echo failed";
    let arguments = r#"config.process.capabilities = { bounding = [ "CAP_CHOWN" ]; effective = [ "CAP_CHOWN" ];
                       permitted = [ "CAP_CHOWN" ]; };"#;
    let (bundle, other) = (container(script, arguments), container("exit 0", ""));
    let users = Users::with("bob:100000:65536\n");
    for runtime in runtime::ALL {
        let output = users.run(runtime, &bundle);
        assert!(String::from_utf8_lossy(&output.stdout).ends_with("failed\n"), "{runtime:?}: {output:?}");
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "oci-bundle: warning: changing owners or users fails in the container: it has only your own user and group; \
             root grants more with 'usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ann'\n",
            "{runtime:?}"
        );
        // Who needs none, hears nothing.
        assert_eq!(prints(users.run(runtime, &other)), "", "{runtime:?}");
    }
}
