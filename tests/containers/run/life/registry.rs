//! The registry, where it cannot be used.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};

use super::server;
use crate::support::life::{Life, refusal};
use crate::support::runner::{USERS, container, output};
use crate::support::runtime::{ALL, Runtime};

#[test]
fn without_a_registry_a_container_without_a_name_runs() {
    let bundle = container("echo ran; exit 3", "");
    for runtime in ALL {
        for uid in USERS {
            let life = Life::new(runtime, uid);
            // Nobody can make something there, not even root.
            let place = if uid == 0 { "/run/oci-bundle".as_ref() } else { life.folder() };
            let sealed = format!("mount -t tmpfs -o ro,mode=700,uid={uid} sealed {}", place.display());
            let program = runtime.program();
            let start = |words: &[&str]| {
                let words = [&["run", "--runtime", program.to_str().unwrap()], words].concat();
                let mut run = life.command_after(&sealed, &words);
                run.arg(&*bundle);
                output(run)
            };
            let ran = start(&[]);
            assert_eq!((ran.status.code(), ran.stdout.as_slice()), (Some(3), &b"ran\n"[..]), "{life}: {ran:?}");
            let said = String::from_utf8(ran.stderr).unwrap();
            let warning = "oci-bundle: warning: 'oci-bundle ps' does not show this container: ";
            assert!(said.starts_with(warning) && said.lines().count() == 1, "{life}: {said}");
            let said = refusal(&start(&["--name", "web"]));
            assert!(said.starts_with("--name: opening '"), "{life}: {said}");
            let said = refusal(&start(&["--detach"]));
            assert!(said.starts_with("opening '"), "{life}: {said}");
        }
    }
}

#[test]
fn a_directory_of_somebody_else_is_refused() {
    let bundle = server("");
    let life = Life::new(Runtime::Crun, 1234);
    let runtime = Runtime::Crun.program();
    let run = ["run", "--runtime", runtime.to_str().unwrap(), "--name", "web", bundle.to_str().unwrap()];
    for (made, want) in [
        ("mkdir -m 755 oci-bundle-1234", "belongs to user 0, want user 1234; remove it, or set XDG_RUNTIME_DIR"),
        ("mkdir -m 777 oci-bundle-1234", "belongs to user 0, want user 1234; remove it, or set XDG_RUNTIME_DIR"),
        ("mkdir -m 700 oci-bundle-1234", "belongs to user 0, want user 1234; remove it, or set XDG_RUNTIME_DIR"),
        (
            "mkdir -m 700 oci-bundle-1234 && chown 4321 oci-bundle-1234",
            "belongs to user 4321, want user 1234; remove it, or set XDG_RUNTIME_DIR",
        ),
        ("touch oci-bundle-1234", "is no directory; remove it, or set XDG_RUNTIME_DIR"),
        (
            "mkdir -m 777 elsewhere && ln -s elsewhere oci-bundle-1234",
            "is no directory; remove it, or set XDG_RUNTIME_DIR",
        ),
        (
            "mkdir -m 700 elsewhere && chown 1234 elsewhere && ln -s elsewhere oci-bundle-1234",
            "is no directory; remove it, or set XDG_RUNTIME_DIR",
        ),
        (
            "mkdir -m 770 oci-bundle-1234 && chown 1234 oci-bundle-1234",
            "other users may use 'oci-bundle-1234' (mode 0770); look through it, then run chmod 700",
        ),
    ] {
        for words in [&run[..], &["ps"], &["exec", "web"]] {
            // For a user without another directory, in a /tmp of the test's own.
            let tmp = "mount -t tmpfs -o mode=1777 tmp /tmp && cd /tmp && unset XDG_RUNTIME_DIR";
            let said = refusal(&output(life.command_after(&format!("{tmp} && {made}"), words)));
            assert!(
                said.contains("opening '/tmp/oci-bundle-1234', where the containers that run are noted: "),
                "{said}"
            );
            assert!(said.ends_with(want), "{made}: {said}");
        }
    }
}

#[test]
fn a_record_that_is_a_link_is_not_followed() {
    let bundle = server("");
    for uid in USERS {
        let life = Life::new(Runtime::Crun, uid);
        life.detach("web", &[], &bundle);
        let outside = tempfile::TempDir::new().unwrap();
        let kept = outside.path().join("kept");
        fs::write(&kept, "kept").unwrap();
        fs::set_permissions(outside.path(), fs::Permissions::from_mode(0o777)).unwrap();
        chown(&kept, Some(uid), Some(uid)).unwrap();
        symlink(outside.path(), life.directory("link")).unwrap();
        assert_eq!(life.listed().len(), 1, "{life}");
        assert!(life.refusal(&["logs", "link"]).starts_with("no container is called 'link'"), "{life}");
        // The name is taken by what is no container.
        let said = refusal(&life.run(&["--detach", "--name", "link"]).arg(&bundle).output().unwrap());
        assert!(said.contains("link"), "{life}: {said}");
        assert_eq!(fs::read_to_string(&kept).unwrap(), "kept");
        fs::remove_file(life.directory("link")).unwrap();
        life.prints(&["stop", "web"]);
    }
}
