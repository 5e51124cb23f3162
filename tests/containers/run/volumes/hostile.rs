//! Volumes, where somebody else would like to have them elsewhere.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

use super::{Home, all};
use crate::support::runner::{container, output, prints, refusal};
use crate::support::runtime::Runtime;
use crate::support::tree;

/// Another user of the machine.
const OTHER: u32 = 4321;

#[test]
fn a_name_leads_nowhere() {
    let bundle = container("true", "");
    let home = Home::new(0);
    for name in ["../x", "..", ".", ".lock", "a/b", "/etc", "./x", "~", "", "-x", "a b", "a\u{202e}b"] {
        let output = output(home.run(Runtime::Crun, &[&format!("--volume={name}:/data")], &bundle));
        assert_eq!(output.status.code(), Some(2), "{name}: {output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("want the name of a volume") && said.lines().count() == 1, "{name}: {said}");
        let removed = output_of_removal(&home, name);
        assert_eq!(removed, Some(2), "{name}");
    }
    assert_eq!(tree::names(home.folder()), [""; 0]);
}

fn output_of_removal(home: &Home, name: &str) -> Option<i32> {
    output(home.volume(&["remove", "--", name])).status.code()
}

#[test]
fn what_another_user_has_put_there_is_not_used() {
    let bundle = container("echo x > /data/file", "");
    let elsewhere = tempfile::tempdir().unwrap();
    chown(elsewhere.path(), Some(OTHER), Some(OTHER)).unwrap();
    fs::set_permissions(elsewhere.path(), fs::Permissions::from_mode(0o777)).unwrap();
    type Put<'p> = &'p dyn Fn(&Path);
    let link = |path: &Path| {
        symlink(elsewhere.path(), path).unwrap();
        std::os::unix::fs::lchown(path, Some(OTHER), Some(OTHER)).unwrap();
    };
    let directory = |path: &Path| {
        fs::create_dir(path).unwrap();
        chown(path, Some(OTHER), Some(OTHER)).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    };
    let file = |path: &Path| fs::write(path, "").unwrap();
    for (runtime, home) in all() {
        // The caller's state is where everybody may make something.
        let volumes = home.volumes();
        let (own, base) = (volumes.parent().unwrap(), volumes.parent().unwrap().parent().unwrap());
        fs::create_dir_all(base).unwrap();
        chown(base, Some(OTHER), Some(OTHER)).unwrap();
        fs::set_permissions(base, fs::Permissions::from_mode(0o1777)).unwrap();
        let putters: [(Put<'_>, &str); 3] = [
            (&link, "found a link, want the directory itself"),
            (&directory, "belongs to user 4321, want a directory of user"),
            (&file, "found a file, want a directory"),
        ];
        for (put, problem) in putters {
            put(own);
            for said in [
                refusal(home.run(runtime, &["-v", "kept:/data"], &bundle)),
                refusal(home.volume(&["list"])),
                refusal(home.volume(&["remove", "kept"])),
            ] {
                assert!(said.contains(problem) && said.lines().count() == 1, "{runtime:?}: {said}");
            }
            let _ = fs::remove_file(own).or_else(|_| fs::remove_dir_all(own));
        }
        assert_eq!(tree::names(elsewhere.path()), [""; 0], "{runtime:?}");
    }
}

#[test]
fn a_link_on_the_way_that_another_user_can_change_is_not_followed() {
    let bundle = container("true", "");
    let home = Home::new(1234);
    let shared = tempfile::tempdir().unwrap();
    fs::set_permissions(shared.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    let link = shared.path().join("link");
    symlink(home.folder(), &link).unwrap();
    std::os::unix::fs::lchown(&link, Some(OTHER), Some(OTHER)).unwrap();
    let mut run = home.run(Runtime::Crun, &["-v", "kept:/data"], &bundle);
    run.env("XDG_STATE_HOME", &link);
    let said = refusal(run);
    assert!(said.contains("'link' on the way to it is a link that another user can change"), "{said}");
    assert_eq!(tree::names(home.folder()), [""; 0]);
}

#[test]
fn what_a_container_leaves_is_removed_and_nothing_else() {
    let script = "ln -s /outside /data/link; mkdir -p /data/a/b/c; ln -s / /data/a/b/root; mkfifo /data/pipe; chmod 0 /data/a; \
                  i=0; while [ $i -lt 200 ]; do mkdir d; cd d; i=$((i + 1)); done";
    let bundle = container(&format!("cd /data; {script}"), "user.uid = 1000;");
    for (runtime, home) in all() {
        let outside = home.folder().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("file"), "").unwrap();
        prints(home.run(runtime, &["-v", "kept:/data"], &bundle));
        let root = home.volumes().join("kept/data/out");
        symlink(&outside, root).unwrap();
        prints(home.volume(&["rm", "kept"]));
        assert_eq!(tree::names(&home.volumes()), [".lock"], "{runtime:?}");
        assert_eq!(tree::names(&outside), ["file"]);
    }
}

#[test]
fn nobody_else_gets_at_what_is_kept() {
    let bundle = container("echo x > /data/file; chmod 777 /data /data/file; chmod 4755 /data/file", "");
    for (runtime, home) in all() {
        prints(home.run(runtime, &["-v", "kept:/data"], &bundle));
        for directory in [home.volumes(), home.volumes().join("kept")] {
            assert_eq!(fs::metadata(directory).unwrap().mode() & 0o7777, 0o700, "{runtime:?}");
        }
    }
}
