//! What a new volume is, and what is left where it cannot be made.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{Home, all};
use crate::support::runner::{container, output, prints, refusal};
use crate::support::runtime;
use crate::support::tree;

/// What is in /data, with owners and modes.
const LIST: &str = "cd /data; for it in . * sub/*; do stat -c '%n %u:%g %a %F' $it; done; cat sub/file; [ -x link ]";

#[test]
fn it_starts_with_what_the_bundle_has_there_once() {
    let arguments = r##"
        user = { uid = 1000; gid = 100; };
        directories."/data" = { uid = 1000; gid = 100; mode = "0750"; };
        files = {
          "/data/sub/file" = { text = "text\n"; uid = 1000; mode = "0600"; };
          "/data/link".source = "${pkgs.busybox}/bin/busybox";
          "/data/tool" = { text = "#!/bin/sh\n"; executable = true; };
        };
    "##;
    let first = container(LIST, arguments);
    let then = container("rm /data/link && ls /data", arguments);
    let last = container("ls /data", arguments);
    for (runtime, home) in all() {
        let run = |bundle| prints(home.run(runtime, &["-v", "kept:/data"], bundle));
        let expected = ". 1000:100 750 directory\nlink 0:0 777 symbolic link\nsub 0:0 755 directory\n\
                        tool 0:0 755 regular file\nsub/file 1000:1000 600 regular file\ntext\n";
        assert_eq!(run(&first), expected, "{runtime:?}");
        assert_eq!(run(&then), "sub\ntool\n");
        // What was removed does not come back.
        assert_eq!(run(&last), "sub\ntool\n");
    }
}

/// A directory that holds little.
struct SmallDisk<'d>(&'d Path);

impl<'d> SmallDisk<'d> {
    fn new(place: &'d Path) -> Self {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=100k,mode=0777", "small"]).arg(place);
        assert!(mount.status().unwrap().success());
        Self(place)
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn nothing_is_left_on_a_full_disk() {
    let large =
        r#"files."/data/large".text = builtins.concatStringsSep "" (builtins.genList (_: "ten bytes\n") 30000);"#;
    let bundle = container("true", large);
    for (runtime, home) in all() {
        let _disk = SmallDisk::new(home.folder());
        let said = refusal(home.run(runtime, &["-v", "kept:/data"], &bundle));
        let (start, end) =
            ("oci-bundle: making the volume 'kept': copying '/data", "No space left on device (os error 28)\n");
        assert!(said.starts_with(start) && said.ends_with(end), "{runtime:?}: {said}");
        assert_eq!(tree::names(&home.volumes()), [".lock"], "{runtime:?}");
    }
}

#[test]
fn nothing_is_left_of_what_was_not_made() {
    // A mount that is refused late, when the volume could be made.
    let bundle = container("true", r#"files."/data/file".text = "";"#);
    for (runtime, home) in all() {
        let words = ["-v", "kept:/data", "--mount", "/nonexistent:/other"];
        let said = refusal(home.run(runtime, &words, &bundle));
        assert!(said.contains("No such file or directory"), "{said}");
        assert_eq!(tree::names(&home.volumes()), [".lock"], "{runtime:?}");
        // As if a run had been killed.
        fs::create_dir_all(home.volumes().join(".new-0/data/x")).unwrap();
        let uid = if home.volumes().ends_with(".local/state/oci-bundle/volumes") { 1234 } else { 0 };
        for name in [".new-0", ".new-0/data", ".new-0/data/x"] {
            std::os::unix::fs::chown(home.volumes().join(name), Some(uid), Some(uid)).unwrap();
        }
        assert_eq!(prints(home.run(runtime, &["-v", "kept:/data"], &bundle)), "");
        assert_eq!(tree::names(&home.volumes()), [".lock", "kept"], "{runtime:?}");
    }
}

#[test]
fn a_state_directory_that_cannot_be_had_is_named() {
    let bundle = container("true", "");
    let home = Home::new(1234);
    let run = |home: &Home| home.run(runtime::Runtime::Crun, &["-v", "kept:/data"], &bundle);
    let mut without = run(&home);
    without.env_remove("HOME");
    let said = refusal(without);
    assert!(said.contains("neither variable is an absolute path; set HOME\n"), "{said}");
    fs::set_permissions(home.folder(), fs::Permissions::from_mode(0o555)).unwrap();
    std::os::unix::fs::chown(home.folder(), Some(0), Some(0)).unwrap();
    let said = refusal(run(&home));
    assert!(said.ends_with("/.local': Permission denied (os error 13)\n") && said.lines().count() == 1, "{said}");
}

#[test]
fn a_plan_names_it_and_makes_nothing() {
    let bundle = container("true", r#"volumes = [ "/data" ];"#);
    for (runtime, home) in all() {
        let output = output(home.run(runtime, &["--dry-run", "-v", "kept:/srv/x:ro"], &bundle));
        let notes = String::from_utf8(output.stderr).unwrap();
        for (name, at) in [("script-data", "/data', to read and write"), ("kept", "/srv/x', to read")] {
            let note = format!("oci-bundle/volumes/{name}/data' of the host is mounted at '{at}\n");
            assert!(notes.contains(&note), "{notes}");
        }
        assert!(!home.volumes().exists());
    }
}
