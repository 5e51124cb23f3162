//! The working directory of a container's process, which is never in a /proc: there is a way out of the container.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::nix;
use crate::support::runner::{all, container, prints};
use crate::support::tree;

/// A bundle that another tool could have made, with this working directory.
fn bundle_in(cwd: &str, readonly: &str, change: impl Fn(&Path, &mut Value)) -> TempDir {
    let copy = tree::writable(&container("pwd", readonly));
    fs::set_permissions(copy.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let config = copy.path().join("config.json");
    let mut document = serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
    change(&copy.path().join("rootfs"), &mut document);
    document["process"]["cwd"] = cwd.into();
    fs::write(&config, document.to_string()).unwrap();
    copy
}

/// Checks that a run says that its working directory is below /proc.
#[track_caller]
fn is_refused(mut run: Command, cwd: &str, way: &str) {
    let output = run.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let way = if way.is_empty() { String::new() } else { format!(", which leads to '{way}'") };
    let message = format!("process.cwd: found '{cwd}'{way}, want a directory that is not below /proc\n");
    assert!(said.starts_with("oci-bundle: ") && said.ends_with(&message), "{run:?} {said}");
    assert_eq!(output.status.code(), Some(1), "{run:?}");
}

#[test]
fn a_working_directory_leads_nowhere_else() {
    let change = |root: &Path, document: &mut Value| {
        fs::create_dir(root.join("srv")).unwrap();
        symlink("/proc/self/fd/9", root.join("link")).unwrap();
        document["linux"]["rootfsPropagation"] = json!("shared");
        let proc = |destination: &str| json!({ "destination": destination, "type": "proc", "source": "proc" });
        document["mounts"].as_array_mut().unwrap().extend([
            proc("/x"),
            json!({ "destination": "/y", "type": "tmpfs", "source": "tmpfs" }),
            json!({ "destination": "/y/x", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup"] }),
            proc("/y/x/d"),
        ]);
    };
    for (cwd, way) in [
        ("/proc/self/fd/9", ""),
        ("/srv/../proc/self/cwd", "/proc/self/cwd"),
        ("/link", "/proc/self/fd/9"),
        ("/dev/fd/9", "/proc/self/fd/9"),
        ("/dev/stdin", "/proc/self/fd/0"),
        // A proc by another way.
        ("/x/self/task", ""),
        ("/y/x/d/self/task", ""),
    ] {
        let bundle = bundle_in(cwd, "", change);
        for (runtime, uid) in all() {
            let mut run = runtime.wrapper_prepared("exec 9</", uid);
            run.arg(bundle.path());
            is_refused(run, cwd, way);
        }
    }
}

#[test]
fn a_build_names_one_that_is_below_proc() {
    let said = nix::build_fails(r#"buildContainer { args = [ "${pkgs.hello}/bin/hello" ]; cwd = "/proc/self/fd/9"; }"#);
    let message = "buildContainer: cwd: found the string \"/proc/self/fd/9\", want a directory that is not below /proc";
    assert!(said.contains(message), "{said}");
    let said = nix::build_fails(
        r#"buildContainer { args = [ "${pkgs.hello}/bin/hello" ]; config.process.cwd = "//proc/./1"; }"#,
    );
    assert!(said.contains("want a directory that is not below /proc"), "{said}");
}

#[test]
fn what_a_former_run_left_does_not_lead_out() {
    let bundle = container("ln -s /proc/self/fd /srv/way; pwd", "files.\"/srv/x\".text = \"\";");
    let next = bundle_in("/srv/way/9", "", |_, _| ());
    fs::create_dir(next.path().join("rootfs/srv")).unwrap();
    for (runtime, uid) in all() {
        let state = TempDir::new().unwrap();
        std::os::unix::fs::chown(state.path(), Some(uid), Some(uid)).unwrap();
        let mut first = runtime.wrapper(uid);
        first.arg("--state").arg(state.path()).arg(&bundle);
        prints(first);
        let mut run = runtime.wrapper_prepared("exec 9</", uid);
        run.arg("--state").arg(state.path()).arg(next.path());
        is_refused(run, "/srv/way/9", "/proc/self/fd/9");
    }
}

/// A directory of the host with links, which everybody may read.
fn shared() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let shared = folder.path().join("shared");
    fs::create_dir_all(shared.join("deep")).unwrap();
    symlink("/proc/self/fd", shared.join("deep/way")).unwrap();
    symlink("../../data/deep", shared.join("deep/fine")).unwrap();
    (folder, shared)
}

#[test]
fn what_is_mounted_does_not_lead_out() {
    let (_folder, shared) = shared();
    for readonly in ["readonly = true;", ""] {
        let mounting = |_: &Path, document: &mut Value| {
            let bind = json!({ "destination": "/data", "type": "bind", "source": shared, "options": ["rbind", "ro"] });
            document["mounts"].as_array_mut().unwrap().push(bind);
        };
        let leading = bundle_in("/data/deep/way/9", readonly, mounting);
        let fine = bundle_in("/data/deep/fine", readonly, mounting);
        let option = bundle_in("/data/deep/way/9", readonly, |_, _| ());
        // The whole machine, with its own /proc.
        let machine = bundle_in("/host/proc/self/fd/9", readonly, |_, _| ());
        for (runtime, uid) in all() {
            let mut run = runtime.wrapper_prepared("exec 9</", uid);
            run.arg(leading.path());
            is_refused(run, "/data/deep/way/9", "/proc/self/fd/9");
            let mut run = runtime.wrapper(uid);
            run.arg(fine.path());
            assert_eq!(prints(run), "/data/deep\n", "{runtime:?}: {uid}");
            let mut run = runtime.wrapper_prepared("exec 9</", uid);
            run.arg("--mount").arg(format!("{}:/data", shared.display())).arg(option.path());
            is_refused(run, "/data/deep/way/9", "/proc/self/fd/9");
            let mut run = runtime.wrapper_prepared("exec 9</", uid);
            run.args(["--mount", "/:/host:ro"]).arg(machine.path());
            is_refused(run, "/host/proc/self/fd/9", "");
        }
    }
}
