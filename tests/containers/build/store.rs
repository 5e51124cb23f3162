//! The two ways in which a container gets its closure.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::built::Built;
use crate::support::nix;
use crate::support::runtime;
use crate::support::tree;

const PYTHON: &str = r#"
  name = "answer";
  args = [
    "${pkgs.python3}/bin/python3" "-c"
    "import os, ssl; print(6 * 7, ssl.OPENSSL_VERSION); print(sorted(os.listdir(\"/nix/store\")))"
  ];
  readonly = true;
"#;

fn container(arguments: &str) -> Built {
    nix::build(&format!("buildContainer {{ {arguments} }}"))
}

/// The store paths that keep a bundle company: what Nix says it refers to, but for itself.
fn references(bundle: &Path) -> Vec<PathBuf> {
    let lines = nix::store(&["-q", "--references", bundle.to_str().unwrap()]);
    lines.into_iter().map(PathBuf::from).filter(|path| path != bundle).collect()
}

#[test]
fn a_mounted_closure_does_what_a_copied_one_does() {
    let (copied, mounted) = (container(PYTHON), container(&format!("{PYTHON} store = \"mount\";")));
    for runtime in runtime::ALL {
        let printed = runtime.prints(&copied);
        assert!(printed.starts_with("42 OpenSSL"), "{runtime:?}: {printed}");
        assert_eq!(runtime.prints(&mounted), printed, "{runtime:?}");
    }
}

#[test]
fn a_mounted_closure_is_kept_by_its_bundle_and_takes_no_room() {
    let mounted = container(&format!("{PYTHON} store = \"mount\";"));
    let mut expected: Vec<_> =
        tree::names(&mounted.join("rootfs/nix/store")).iter().map(|name| Path::new("/nix/store").join(name)).collect();
    let mut found = references(&mounted);
    expected.sort();
    found.sort();
    assert!(expected.len() > 10, "{expected:?}");
    assert_eq!(found, expected);

    let files: Vec<_> = tree::snapshot(&mounted).into_iter().filter(|(path, _)| path.is_file()).collect();
    let bytes: i64 = files.iter().map(|(_, [_, size, ..])| size).sum();
    assert!((1..64 << 10).contains(&bytes), "{files:?}");
}

#[test]
fn a_mounted_closure_cannot_be_changed_and_is_alone() {
    let other = nix::build(r#"pkgs.writeText "other" "not in the closure""#);
    let bundle = container(&format!(
        r#"store = "mount";
           args = [
             "${{pkgs.busybox}}/bin/busybox" "sh" "-c"
             "cd /nix/store; cat {} 2>&1; echo x 2>&1 > ${{pkgs.hello}}/bin/hello; grep ${{pkgs.hello}} /proc/mounts | cut -d ' ' -f 2,4 | cut -d , -f 1-3"
           ];"#,
        // Not a store path, or it would be in the closure.
        other.file_name().unwrap().display()
    ));
    let hello = nix::build("pkgs.hello");
    for runtime in runtime::ALL {
        let printed = runtime.sealed().prints(&bundle);
        let lines: Vec<_> = printed.lines().collect();
        assert!(lines[0].ends_with("No such file or directory"), "{runtime:?}: {printed}");
        assert!(lines[1].ends_with("Read-only file system"), "{runtime:?}: {printed}");
        assert_eq!(lines[2], format!("{} ro,nosuid,nodev", hello.display()), "{runtime:?}: {printed}");
    }
}

#[test]
fn a_mounted_closure_needs_no_root() {
    const UID: u32 = 1234;
    let bundle = container(&format!(
        r#"store = "mount";
           args = [
             "${{pkgs.busybox}}/bin/busybox" "sh" "-c"
             "id -u; cat /proc/self/uid_map; ls /nix/store | grep -c hello; echo x 2>&1 > ${{pkgs.hello}}/bin/hello; true"
           ];
           config.linux = rec {{
             namespaces = map (type: {{ inherit type; }}) [ "user" "mount" "network" "pid" "ipc" "uts" ];
             uidMappings = [ {{ containerID = 0; hostID = {UID}; size = 1; }} ];
             gidMappings = uidMappings;
           }};"#
    ));
    for runtime in runtime::ALL {
        let printed = runtime.prints_for_user(&bundle, UID);
        let lines: Vec<_> = printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(lines[..3], ["0", "0 1234 1", "1"], "{runtime:?}: {printed}");
        assert!(lines[3].ends_with("Read-only file system"), "{runtime:?}: {printed}");
    }
}

#[test]
fn a_file_of_the_closure_is_mounted_on_a_file_either_way() {
    for store in ["copy", "mount"] {
        let bundle = container(&format!(
            r#"store = "{store}";
               args = [ "${{pkgs.coreutils}}/bin/cat" "/etc/motd" ];
               mounts."/etc/motd" = "${{pkgs.writeText "motd" "good day\n"}}";
               readonly = true;"#
        ));
        for runtime in runtime::ALL {
            assert_eq!(runtime.prints(&bundle), "good day\n", "{runtime:?}: {store}");
        }
    }
}

#[test]
fn a_copied_bundle_needs_no_other_place_than_its_own() {
    let bundle = container(
        r#"args = [ "${pkgs.coreutils}/bin/cat" "/etc/motd" ];
           mounts."/etc/motd" = "${pkgs.writeText "motd" "from the copy\n"}";
           readonly = true;"#,
    );
    let copy = tree::writable(&bundle);
    let config = fs::read_to_string(copy.path().join("config.json")).unwrap();
    // Whatever the runtime takes from the host would show.
    let motd = config.split('"').find(|word| word.starts_with("rootfs/") && word.ends_with("-motd")).unwrap();
    fs::write(copy.path().join(motd), "from where it was copied to\n").unwrap();
    for runtime in runtime::ALL {
        assert_eq!(runtime.prints(copy.path()), "from where it was copied to\n", "{runtime:?}");
    }
}

#[test]
fn nix_is_asked_to_discard_references_where_nothing_needs_them() {
    for (arguments, discards) in [
        ("", true),
        (r#"mounts."/m" = "${pkgs.hello}";"#, true),
        (r#"mounts."/m" = { source = "${pkgs.hello}"; options = [ "bind" ]; };"#, true),
        (r#"config.process.env = [ "A=${pkgs.hello}" ];"#, true),
        (r#"config.hooks.startContainer = [ { path = "${pkgs.hello}/bin/hello"; } ];"#, true),
        (r#"config.hooks.poststop = [ { path = "/bin/true"; } ];"#, true),
        (r#"config.hooks.poststop = [ { path = "${pkgs.hello}/bin/hello"; } ];"#, false),
        (r#"config.annotations.x = "see ${pkgs.hello}";"#, false),
        (r#"mounts."/m" = { type = "squashfs"; source = "${pkgs.hello}"; };"#, false),
        (r#"mounts."/m" = { type = "overlay"; options = [ "lowerdir=${pkgs.hello}" ]; };"#, false),
        ("keepReferences = true;", false),
        (r#"store = "mount";"#, false),
    ] {
        let drv = nix::evaluated(&format!(
            r#"(buildContainer {{ args = [ "${{pkgs.hello}}/bin/hello" ]; {arguments} }}).unsafeDiscardReferences.out or false"#
        ));
        assert_eq!(drv, discards, "{arguments}");
    }
}
