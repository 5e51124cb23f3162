//! What the mounts of a bundle are of, where the bundle, or the directories on the way, are somebody else's.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::runner::{all, container, prints};
use crate::support::runner::{refusal, run_foreign};

#[test]
fn a_source_in_the_bundle_is_not_written_to() {
    for source in ["rootfs/../rootfs/tmp", ".", "./rootfs/..", "BUNDLE", "BUNDLE/rootfs"] {
        let change = |document: &mut Value| {
            let source = source.replace("BUNDLE", document["annotations"]["bundle"].as_str().unwrap());
            let mount = json!({ "destination": "/data", "type": "bind", "source": source, "options": ["rbind", "rw"] });
            document["mounts"].as_array_mut().unwrap().push(mount);
        };
        run_foreign("touch /data/written", change, |run, _| {
            let said = refusal(run);
            assert!(said.contains(", which must not change; add 'ro', or mount a directory outside"), "{said}");
        });
    }
}

#[test]
fn a_link_as_a_source_leads_nowhere() {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("/", &link).unwrap();
    for option in ["copy-symlink", "src-nofollow"] {
        let change = |document: &mut Value| {
            let mount = json!({ "destination": "/data", "type": "bind", "source": link, "options": ["rbind", option] });
            document["mounts"].as_array_mut().unwrap().push(mount);
        };
        run_foreign("ls /data", change, |run, _| {
            let said = refusal(run);
            assert!(said.contains("found a link, which cannot be mounted as one"), "{said}");
        });
    }
}

#[test]
fn no_mount_changes_another_one() {
    for options in [json!(["bind", "remount", "rw"]), json!(["remount"])] {
        let change = |document: &mut Value| {
            let mounts = document["mounts"].as_array_mut().unwrap();
            mounts.push(json!({ "destination": "/data", "type": "bind", "source": ".", "options": ["rbind", "ro"] }));
            mounts.push(json!({ "destination": "/data", "type": "x", "source": "none", "options": options }));
        };
        run_foreign("touch /data/written", change, |run, _| {
            let said = refusal(run);
            assert!(said.contains("found 'remount', which changes another mount"), "{said}");
        });
    }
}

#[test]
fn a_name_that_ends_early_for_a_runtime_is_refused() {
    for change in [
        |document: &mut Value| document["hooks\0"] = json!({ "prestart": [{ "path": "/bin/sh" }] }),
        |document: &mut Value| document["hooks"] = json!({ "CreateRuntime": [{ "path": "/bin/sh" }] }),
        |document: &mut Value| {
            let mount = json!({ "destination": "/x", "type": "tmpfs", "source": ".", "options": ["rbind\0", "ro"] });
            document["mounts"].as_array_mut().unwrap().push(mount);
        },
    ] {
        run_foreign("exit 0", change, |run, _| {
            let said = refusal(run);
            assert!(said.ends_with("; leave it out\n"), "{said}");
        });
    }
}

#[test]
fn what_no_run_can_give_is_refused() {
    let capability = |document: &mut Value| document["process"]["capabilities"]["bounding"] = json!(["cap_sys_admin"]);
    run_foreign("exit 0", capability, |run, _| {
        let said = refusal(run);
        assert!(
            said.contains(
                "process.capabilities.bounding: found 'cap_sys_admin', want a name as capabilities(7) spells it"
            ),
            "{said}"
        );
    });
    let namespace = |document: &mut Value| {
        for namespace in document["linux"]["namespaces"].as_array_mut().unwrap() {
            if namespace["type"] == "mount" {
                namespace["path"] = json!("/proc/self/ns/mnt");
            }
        }
    };
    run_foreign("exit 0", namespace, |run, _| {
        let said = refusal(run);
        assert!(
            said.contains("found the mount namespace '/proc/self/ns/mnt', which lacks the mounts of this run"),
            "{said}"
        );
    });
}

#[test]
fn a_container_that_may_remount_writes_to_its_layer() {
    let change = |document: &mut Value| {
        document["root"]["readonly"] = json!(true);
        for set in ["bounding", "effective", "permitted"] {
            document["process"]["capabilities"][set] = json!(["CAP_SYS_ADMIN"]);
        }
        document["linux"].as_object_mut().unwrap().remove("seccomp");
    };
    run_foreign("mount -o remount,rw,bind / && echo x >/WRITTEN && cat /WRITTEN", change, |run, _| {
        assert_eq!(prints(run), "x\n");
    });
}

#[test]
fn a_link_of_somebody_else_is_not_followed() {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let (own, other) = (folder.path().join("own"), folder.path().join("other"));
    for directory in [&own, &other] {
        fs::create_dir(directory).unwrap();
        fs::write(directory.join("file"), "of the host\n").unwrap();
        symlink("../own/file", directory.join("link")).unwrap();
    }
    for path in [other.clone(), other.join("link"), other.join("file")] {
        std::os::unix::fs::lchown(path, Some(4321), Some(4321)).unwrap();
    }
    let bundle = container("cat /data", "");
    for (runtime, uid) in all() {
        let run = |source: &std::path::Path, access: &str| {
            let mut run = runtime.wrapper(uid);
            run.arg("--mount").arg(format!("{}:/data{access}", source.display())).arg(&bundle);
            run
        };
        for access in ["", ":ro"] {
            // Root's links are anybody's to follow, and files are what they are.
            for source in [own.join("link"), own.join("file"), other.join("file")] {
                assert_eq!(prints(run(&source, access)), "of the host\n", "{runtime:?}: {uid} {}", source.display());
            }
            let said = refusal(run(&other.join("link"), access));
            let problem = "'link' on the way to it is a link that another user can change; give a path without it\n";
            assert!(said.starts_with("oci-bundle: mounting '") && said.ends_with(problem), "{said}");
        }
    }
    chown(&own, None, None).unwrap();
}

#[test]
fn an_overlay_shows_nothing_of_the_run() {
    // The bundles are in another directory, as layers must not overlap.
    let folder = TempDir::new_in("/var/tmp").unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let beside = folder.path().join("beside");
    fs::create_dir(&beside).unwrap();
    fs::write(beside.join("file"), "of the host\n").unwrap();
    let overlay = |lower: &str| {
        let options = format!("lowerdir={lower}:{}", beside.display());
        json!({ "destination": "/data", "type": "overlay", "source": "overlay", "options": ["ro", options] })
    };
    for below in ["", "/rootfs"] {
        let change = |document: &mut Value| {
            let bundle = document["annotations"]["bundle"].as_str().unwrap().to_owned();
            document["mounts"].as_array_mut().unwrap().push(overlay(&format!("{bundle}{below}")));
        };
        run_foreign("ls /data", change, |run, _| {
            let said = refusal(run);
            assert!(said.contains("which belongs to the run; want a path elsewhere"), "{said}");
        });
    }
    // Elsewhere it is what the bundle asks for; what is above the bundle does not show the run.
    let change = |document: &mut Value| {
        let bundle = document["annotations"]["bundle"].as_str().unwrap().to_owned();
        let above = std::path::Path::new(&bundle).parent().unwrap().display().to_string();
        let name = bundle.rsplit('/').next().unwrap();
        document["process"]["args"] = json!(["sh", "-c", format!("cat /data/file; ls -A /data/{name}")]);
        document["mounts"].as_array_mut().unwrap().push(overlay(&above));
    };
    run_foreign("", change, |run, uid| {
        // An ordinary user's overlay takes a kernel that allows it, and directories that only root can change.
        if uid == 0 {
            assert_eq!(prints(run), "of the host\nconfig.json\nrootfs\n");
        }
    });
}
