//! What a runtime has to create for a run is not created in the bundle, although the store can be written to: a bundle that was
//! changed fails the test that built it.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::nix;
use crate::support::runner::{READONLY, all, container, output, refusal, run_foreign};

/// What the container prints; that it says something is all right.
fn printed(run: Command) -> String {
    let Output { status, stdout, stderr } = output(run);
    let stdout = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{status}: {stdout}{}", String::from_utf8_lossy(&stderr));
    stdout
}

/// A directory and a file of the host, which everybody may read.
fn sources() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    fs::create_dir(folder.path().join("directory")).unwrap();
    for file in ["file", "directory/inside"] {
        fs::write(folder.path().join(file), "of the host\n").unwrap();
    }
    folder
}

#[test]
fn a_mount_point_that_is_missing() {
    let sources = sources();
    for readonly in READONLY {
        for (source, destination, file) in [
            ("directory", "/data", "/data/inside"),
            ("directory", "/new/deep/er", "/new/deep/er/inside"),
            ("directory", "/nix/store/it", "/nix/store/it/inside"),
            ("file", "/etc/it.conf", "/etc/it.conf"),
            ("file", "/new/file", "/new/file"),
        ] {
            let bundle = container(&format!("cat {file}"), readonly);
            for (runtime, uid) in all() {
                let mut run = runtime.wrapper(uid);
                run.args(["--mount", &format!("{}/{source}:{destination}:ro", sources.path().display())]).arg(&bundle);
                assert_eq!(printed(run), "of the host\n", "{runtime:?}: {uid} {readonly} {destination}");
            }
        }
    }
}

#[test]
fn the_socket_of_a_service_manager() {
    // runc ends when the container has said that it is ready.
    const SAY: &str = "import os, socket
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b\"READY=1\", os.environ[\"NOTIFY_SOCKET\"])";
    for readonly in READONLY {
        let bundle = nix::build(&format!(
            r#"buildContainer {{ args = [ "${{pkgs.python3}}/bin/python3" "-c" {} ]; {readonly} }}"#,
            nix::string(SAY)
        ));
        for (runtime, uid) in all() {
            let folder = TempDir::new().unwrap();
            fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
            let path = folder.path().join("notify");
            let socket = UnixDatagram::bind(&path).unwrap();
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
            let listening = std::thread::spawn(move || messages(&socket));
            let mut run = runtime.wrapper(uid);
            run.env("NOTIFY_SOCKET", &path).arg(&bundle);
            printed(run);
            UnixDatagram::unbound().unwrap().send_to(END, &path).unwrap();
            let messages = listening.join().unwrap();
            assert!(messages.iter().any(|it| it.starts_with(b"READY=1")), "{runtime:?}: {uid} {readonly} {messages:?}");
        }
    }
}

/// What a test says to itself.
const END: &[u8] = b"end";

/// What arrives at a socket until the end. Open files that come with it are closed, for which runc waits.
fn messages(socket: &UnixDatagram) -> Vec<Vec<u8>> {
    let next = || {
        let mut message = [0; 256];
        let length = socket.recv(&mut message).unwrap();
        message[..length].to_vec()
    };
    std::iter::repeat_with(next).take_while(|message| message != END).collect()
}

#[test]
fn a_device_outside_of_dev() {
    let change = |document: &mut Value| {
        document["linux"]["devices"] =
            json!([{ "path": "/subdir/zero", "type": "c", "major": 1, "minor": 5, "fileMode": 0o666 }]);
        document["linux"]["resources"]["devices"] = json!([
            { "allow": false, "access": "rwm" },
            { "allow": true, "type": "c", "major": 1, "minor": 5, "access": "rw" },
        ]);
    };
    run_foreign("head -c 3 /subdir/zero | wc -c", change, |run, uid| {
        // The host has no device there, which an ordinary user would get.
        if uid == 0 {
            assert_eq!(printed(run), "3\n");
        } else {
            output(run);
        }
    });
}

#[test]
fn what_a_runtime_wants_in_dev() {
    let change = |document: &mut Value| {
        let mounts = document["mounts"].as_array_mut().unwrap();
        mounts.retain(|mount| !mount["destination"].as_str().unwrap().starts_with("/dev"));
    };
    run_foreign("echo x >/dev/null; echo ran", change, |run, _| assert_eq!(printed(run), "ran\n"));
}

#[test]
fn a_working_directory_that_is_missing() {
    for readonly in READONLY {
        let bundle = container("pwd", &format!(r#"{readonly} config.process.cwd = "/new/cwd";"#));
        for (runtime, uid) in all() {
            let mut run = runtime.wrapper(uid);
            run.arg(&bundle);
            assert_eq!(printed(run), "/new/cwd\n", "{runtime:?}: {uid} {readonly}");
        }
    }
}

#[test]
fn a_directory_is_no_standard_stream() {
    let bundle = container("pwd", "");
    for (runtime, uid) in all() {
        let mut run = runtime.wrapper(uid);
        run.arg(&bundle).stdin(fs::File::open("/").unwrap());
        let said = refusal(run);
        assert!(said.contains("standard input is a directory"), "{said}");
    }
}

#[test]
fn a_field_in_another_spelling_is_refused() {
    let change = |document: &mut Value| {
        document["Mounts"] = json!([{ "destination": "/data", "source": "/", "options": ["rbind"] }]);
    };
    run_foreign("ls /data", change, |run, _| {
        let said = refusal(run);
        assert!(said.contains("found the field 'Mounts', which some runtimes take for 'mounts'"), "{said}");
    });
}
