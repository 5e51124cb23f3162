//! Files at paths of the container.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::{Value, json};

use crate::derivation::Derivation;

/// The store of these tests is below /tmp, which would be hidden by the mount that is there by default.
fn with_files(files: Value) -> Derivation {
    Derivation::new(json!({ "args": ["x"], "files": files, "mounts": { "/tmp": null } }))
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).unwrap().permissions().mode() & 0o111 != 0
}

#[test]
fn a_text_becomes_a_file() {
    let derivation = with_files(json!({
        "/etc/motd": { "text": "ü\n" },
        "/srv//deep/run.sh": { "text": "#!/bin/sh\n", "executable": true },
        "/empty": { "text": "" },
    }));
    derivation.succeeds();
    assert_eq!(fs::read_to_string(derivation.in_rootfs("/etc/motd")).unwrap(), "ü\n");
    assert!(!is_executable(&derivation.in_rootfs("/etc/motd")));
    assert!(is_executable(&derivation.in_rootfs("/srv/deep/run.sh")));
    assert_eq!(fs::read(derivation.in_rootfs("/empty")).unwrap(), b"");
}

#[test]
fn a_source_becomes_a_link_or_a_copy_if_it_is_said_whether_it_can_be_run() {
    let mut derivation = with_files(json!({}));
    let conf = derivation.add_tree("conf", &[("app.conf", "a = 1\n"), ("d/x", "")]);
    symlink("app.conf", conf.join("link.conf")).unwrap();
    derivation.set(
        "files",
        json!({
            "/etc/app.conf": { "source": conf.join("app.conf") },
            "/etc/d": { "source": conf.join("d") },
            "/bin/app": { "source": conf.join("link.conf"), "executable": true },
        }),
    );
    derivation.succeeds();
    assert_eq!(fs::read_link(derivation.in_rootfs("/etc/app.conf")).unwrap(), conf.join("app.conf"));
    assert_eq!(fs::read_link(derivation.in_rootfs("/etc/d")).unwrap(), conf.join("d"));
    let app = derivation.in_rootfs("/bin/app");
    assert!(app.symlink_metadata().unwrap().is_file() && is_executable(&app));
    assert_eq!(fs::read_to_string(app).unwrap(), "a = 1\n");
    assert!(!is_executable(&derivation.in_rootfs(conf.join("app.conf"))));
}

#[test]
fn a_file_has_precedence_over_contents_and_base_files() {
    let mut derivation = with_files(json!({ "/etc/passwd": { "text": "mine\n" }, "/bin/tool": { "text": "mine\n" } }));
    let tool = derivation.add_tree("tool", &[("bin/tool", "theirs\n"), ("bin/other", "")]);
    derivation.set("contents", json!([tool]));
    derivation.succeeds();
    assert_eq!(fs::read_to_string(derivation.in_rootfs("/etc/passwd")).unwrap(), "mine\n");
    assert_eq!(fs::read_to_string(derivation.in_rootfs("/bin/tool")).unwrap(), "mine\n");
    assert_eq!(fs::read_to_string(derivation.in_rootfs(tool.join("bin/tool"))).unwrap(), "theirs\n");
}

#[test]
fn every_mistake_is_named() {
    let mut derivation = with_files(json!({}));
    let conf = derivation.add_tree("conf", &[("d/x", "")]);
    let name = conf.file_name().unwrap().to_str().unwrap().to_owned();
    derivation.set("contents", json!([conf]));
    for (files, message) in [
        (json!({ "etc/x": { "text": "" } }), "\"etc/x\": a file's path is an absolute path; did you mean \"/etc/x\"?"),
        (json!({ "/../x": { "text": "" } }), "\"/../x\": a file's path has no '..'; write the path without it"),
        (json!({ "/": { "text": "" } }), "\"/\": \"/\" is a directory; name a file below it"),
        (
            json!({ "/x": { "text": "" }, "//x": { "text": "" } }),
            "\"/x\": the same path as files.\"//x\"; leave one of them out",
        ),
        (
            json!({ "/x": { "text": "" }, "/x/y": { "text": "" } }),
            "\"/x/y\": is below files.\"/x\", which is a file; leave one of them out",
        ),
        (json!({ "/x": "text" }), "\"/x\": found the string \"text\", want { text }, { source }, or null"),
        (json!({ "/x": {} }), "\"/x\": found an empty attribute set, want { text }, { source }, or null"),
        (json!({ "/x": { "txt": "" } }), "\"/x\".txt: no such attribute of a file (did you mean 'text'?)"),
        (json!({ "/x": { "text": 1 } }), "\"/x\".text: found 1 (an integer), want a string"),
        (
            json!({ "/x": { "text": "", "executable": "yes" } }),
            "\"/x\".executable: found the string \"yes\", want true or false",
        ),
        (json!({ "/x": { "text": "", "source": "/y" } }), "\"/x\".source: found beside 'text'; leave one of them out"),
        (
            json!({ "/x": { "source": "y" } }),
            "\"/x\".source: found the string \"y\", want an absolute path, such as ./file or \"${package}/share/file\"",
        ),
        (
            json!({ "/x": { "source": "/etc/passwd" } }),
            "\"/x\".source: \"/etc/passwd\" is not in the closure; write a path as ./file, so that Nix copies it to the \
             store, and use 'mounts' for a file of the host",
        ),
        (
            json!({ "/x": { "source": conf.join("gone") } }),
            &format!("\"/x\".source: \"TMP/store/{name}/gone\" does not exist"),
        ),
        (
            json!({ "/x": { "source": conf, "executable": true } }),
            &format!("\"/x\".source: \"TMP/store/{name}\" is a directory; leave 'executable' out"),
        ),
        (json!({ "/d/x/y": { "text": "" } }), &format!("\"/d/x/y\": 'TMP/store/{name}/d/x' is a file")),
        (
            json!({ "/dev": { "text": "" } }),
            "\"/dev\": a directory is already there; leave out the file, or the package with the directory",
        ),
        (json!({ "/proc/x": { "text": "" } }), "\"/proc/x\": mounts.\"/proc\" would hide it; choose another path"),
        (
            json!({ "/sys/x": { "text": "" } }),
            "\"/sys/x\": mounts.\"/sys\" would hide it; choose another path, or leave out that mount \
             (mounts.\"/sys\" = null)",
        ),
        (
            json!({ format!("{}/d/x", conf.display()): { "text": "" } }),
            &format!("\"TMP/store/{name}/d/x\": it is inside a store path; choose another path, or change the package"),
        ),
    ] {
        derivation.set("files", files);
        derivation.fails_with(&format!("buildContainer: files.{message}"));
    }
}
