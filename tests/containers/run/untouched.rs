//! What a runtime makes of a bundle that it could write to: a copy out of the store, run by root. Nothing changes in one
//! whose root is read-only, as all that a runtime needs is there.

use crate::support::nix;
use crate::support::runtime::{self, Runtime};
use crate::support::script::container;
use crate::support::tree;

/// What is new in a copy of the bundle, or has changed, when it was run.
fn changes(runtime: Runtime, bundle: &std::path::Path, in_terminal: bool) -> Vec<String> {
    let copy = tree::writable(bundle);
    let before = tree::snapshot(copy.path());
    let _ = if in_terminal { runtime.prints_in_terminal(copy.path()) } else { runtime.prints(copy.path()) };
    let after = tree::snapshot(copy.path());
    let changed = after.iter().filter(|entry| !before.contains(entry));
    let gone = before.iter().filter(|(path, _)| after.iter().all(|(other, _)| path != other));
    changed.chain(gone).map(|(path, _)| path.strip_prefix(copy.path()).unwrap().display().to_string()).collect()
}

#[test]
fn a_bundle_with_a_read_only_root_stays_as_it_is() {
    let link = r#"contents = [ (pkgs.runCommand "linked" { } "mkdir -p $out/run/keep $out/var; ln -s ../run $out/var/run") ];
        mounts."/var/run/secrets" = { source = "/etc"; options = [ "ro" ]; };"#;
    for arguments in [
        "",
        r#"store = "mount";"#,
        "baseFiles = false;",
        r#"cwd = "/made/for/it"; user = { uid = 1000; };"#,
        r#"mounts."/data/deep" = { type = "tmpfs"; }; mounts."/data/deep/er" = { type = "tmpfs"; };"#,
        r#"mounts."/etc" = { type = "tmpfs"; options = [ "tmpcopyup" ]; }; mounts."/etc/new" = { type = "tmpfs"; };"#,
        r#"mounts."/etc/hosts" = { source = "/etc/hosts"; mountPoint = "file"; }; mounts."/srv" = "/etc";"#,
        r#"mounts."/new" = { source = "${pkgs.hello}/bin"; };"#,
        r#"mounts."/dev/mqueue" = null; mounts."/dev/pts" = null; mounts."/dev/shm" = null;"#,
        r#"mounts."/sys" = null; mounts."/sys/fs/cgroup" = null; mounts."/tmp" = null;"#,
        r#"config.linux.devices = [ { path = "/dev/sub/foo"; type = "c"; major = 1; minor = 3; } ];"#,
        r#"config.linux.maskedPaths = [ "/none" "/etc/none" ]; config.linux.readonlyPaths = [ "/none" ];"#,
        r#"config.linux = { namespaces = map (type: { inherit type; }) [ "user" "pid" "ipc" "uts" "mount" "network" ];
             uidMappings = [ { containerID = 0; hostID = 100000; size = 65536; } ];
             gidMappings = [ { containerID = 0; hostID = 100000; size = 65536; } ]; };"#,
        link,
    ] {
        let bundle = container(":", arguments);
        for runtime in runtime::ALL {
            assert_eq!(changes(runtime, &bundle, false), Vec::<String>::new(), "{runtime:?} {arguments}");
        }
    }
}

#[test]
fn a_terminal_leaves_nothing_in_the_bundle() {
    let bundle = container(":", "terminal = true;");
    for runtime in runtime::ALL {
        assert_eq!(changes(runtime, &bundle, true), Vec::<String>::new(), "{runtime:?}");
    }
}

#[test]
fn the_examples_leave_nothing_in_their_bundles() {
    for example in ["hello", "python"] {
        let bundle = nix::build(&format!("example \"{example}\" {{ inherit pkgs; }}"));
        for runtime in runtime::ALL {
            assert_eq!(changes(runtime, &bundle, false), Vec::<String>::new(), "{runtime:?} {example}");
        }
    }
}

#[test]
fn to_a_root_that_is_not_read_only_the_container_alone_writes() {
    let write = container("echo x > /etc/motd", "");
    let nothing = nix::build(r#"buildContainer { args = [ "${pkgs.coreutils}/bin/true" ]; }"#);
    let writes = nix::build(
        r#"buildContainer { args = [ "${pkgs.bash}/bin/bash" "-c" "echo x > /etc/motd" ]; mounts."/data" = { type = "tmpfs"; }; }"#,
    );
    for runtime in runtime::ALL {
        assert!(!runtime.run(tree::writable(&write).path()).status.success(), "{runtime:?}");
        assert_eq!(changes(runtime, &nothing, false), Vec::<String>::new(), "{runtime:?}");
        assert_eq!(changes(runtime, &writes, false), ["rootfs/etc", "rootfs/etc/motd"], "{runtime:?}");
    }
}
