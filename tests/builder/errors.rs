//! Input that cannot be built: one line that says so, and nothing left in $out.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use rustix::fs::{FileType, Mode};
use serde_json::json;

use crate::derivation::{Derivation, Outcome};

#[test]
fn a_mistake_in_the_arguments_leaves_nothing() {
    for (container, message) in [
        (
            json!({ "args": [] }),
            "args: found an empty list, want the command and its arguments, such as [ \"${pkgs.hello}/bin/hello\" ]",
        ),
        (json!({ "args": ["x", true] }), "args[1]: found true (a boolean), want a string"),
        (json!({ "args": ["x"], "redonly": true }), "redonly: no such argument (did you mean 'readonly'?)"),
        (
            json!({ "args": ["x"], "mounts": { "data": "/d" } }),
            "mounts.data: a mount's destination is an absolute path; did you mean \"/data\"?",
        ),
        (
            json!({ "args": ["x"], "mounts": { "/a/../b": "/d" } }),
            "mounts.\"/a/../b\": a mount's destination has no '..'; write the path without it",
        ),
        (
            json!({ "args": ["x"], "mounts": { "/a": "/d", "/a/": "/e" } }),
            "mounts.\"/a/\": the same destination as mounts.\"/a\"; leave one of them out",
        ),
    ] {
        Derivation::new(container).fails_with(&format!("buildContainer: {message}"));
    }
}

#[test]
fn a_graph_that_is_not_one_leaves_nothing() {
    let bash = "00000000000000000000000000000001-bash";
    let glibc = "00000000000000000000000000000002-glibc";
    for (graph, message) in [
        (
            json!([{ "path": format!("STORE/{bash}"), "references": [format!("STORE/{glibc}")] }]),
            format!(
                "is incomplete: 'TMP/store/{bash}' refers to 'TMP/store/{glibc}', which is not in it; \
                 'nix-store --verify --repair' mends a store whose database is damaged"
            ),
        ),
        (
            json!([{ "path": "/etc/passwd", "references": [] }]),
            "names '/etc/passwd', which is not in the store 'TMP/store'".to_owned(),
        ),
    ] {
        let mut derivation = Derivation::new(json!({ "args": ["x"] }));
        let graph = graph.to_string().replace("STORE", derivation.store().to_str().unwrap());
        derivation.attrs["closure"] = serde_json::from_str(&graph).unwrap();
        derivation.fails_with(&format!("buildContainer: the reference graph from Nix {message}"));
    }
}

#[test]
fn attributes_that_nix_did_not_write_are_named() {
    for (text, message) in [
        ("{", "EOF while parsing an object at line 1 column 1"),
        (r#"{"closure": [{"path": "x"}]}"#, "closure[0]: missing field `references` at line 1 column 26"),
    ] {
        let derivation = Derivation::new(json!({}));
        let file = derivation.build_dir().join("attrs.json");
        fs::write(&file, text).unwrap();
        let outcome = Outcome::new(derivation.builder().env("NIX_ATTRS_JSON_FILE", &file));
        let message = format!(
            "buildContainer: the structured attributes 'TMP/build/attrs.json' are not those of a buildContainer \
             derivation: {message}"
        );
        derivation.fails(outcome, &message);
    }
}

#[test]
fn without_attributes_the_builder_says_who_runs_it() {
    let derivation = Derivation::new(json!({}));
    let outcome = Outcome::new(&mut derivation.builder());
    derivation.fails(
        outcome,
        "buildContainer: no structured attributes: neither NIX_ATTRS_JSON_FILE nor .attrs.json in NIX_BUILD_TOP is \
         there; 'oci-bundle-builder build' is the builder of a derivation, which the Nix function buildContainer makes",
    );
}

#[test]
fn a_store_path_that_is_not_there_is_named() {
    let mut derivation = Derivation::new(json!({ "args": ["x"] }));
    let path = derivation.add("gone", &[]);
    let name = path.file_name().unwrap().to_str().unwrap();
    derivation.fails_with(&format!(
        "buildContainer: reading the metadata of the store path 'TMP/store/{name}': No such file or directory (os error 2)"
    ));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let mut derivation = Derivation::new(json!({ "args": ["x"] }));
    let path = derivation.add("secret", &[]);
    fs::create_dir(&path).unwrap();
    fs::write(path.join("key"), "").unwrap();
    fs::set_permissions(path.join("key"), Permissions::from_mode(0o0)).unwrap();
    let attrs = derivation.write_attrs("attrs.json");
    let mut builder = if fs::read(path.join("key")).is_ok() {
        // Root reads everything, unless it loses the right to.
        derivation.builder_under(&["setpriv", "--bounding-set=-dac_override,-dac_read_search"])
    } else {
        derivation.builder()
    };
    builder.env("NIX_ATTRS_JSON_FILE", attrs);
    let name = path.file_name().unwrap().to_str().unwrap();
    let outcome = Outcome::new(&mut builder);
    derivation
        .fails(outcome, &format!("buildContainer: reading 'TMP/store/{name}/key': Permission denied (os error 13)"));
}

#[test]
fn a_source_whose_name_config_json_cannot_hold_is_refused() {
    let mut derivation = Derivation::new(json!({ "args": ["x"] }));
    let path = derivation.add("data", &[]);
    fs::create_dir(&path).unwrap();
    // The name that a lossy conversion would make of it is there as well.
    for name in [OsStr::from_bytes(b"f\xff"), OsStr::new("f\u{fffd}")] {
        fs::write(path.join(name), "").unwrap();
    }
    symlink(OsStr::from_bytes(b"f\xff"), path.join("link")).unwrap();
    symlink("f\u{fffd}", path.join("other")).unwrap();
    derivation.set("mounts", json!({ "/x": { "source": path.join("link") } }));
    let name = path.file_name().unwrap().to_str().unwrap();
    derivation.fails_with(&format!(
        "buildContainer: mounts.\"/x\": its source \"TMP/store/{name}/link\" leads to \"TMP/store/{name}/f\\xff\", which is not UTF-8, so config.json cannot hold it; mount it by another name"
    ));
    derivation.set("mounts", json!({ "/x": { "source": path.join("other") } }));
    let document = derivation.succeeds();
    let mount = document["mounts"].as_array().unwrap().iter().find(|mount| mount["destination"] == "/x").unwrap();
    assert!(mount["source"].as_str().unwrap().ends_with("/f\u{fffd}"), "{mount}");
}

#[test]
fn a_socket_in_the_store_is_refused() {
    let mut derivation = Derivation::new(json!({ "args": ["x"] }));
    let path = derivation.add("socket", &[]);
    let _listener = UnixListener::bind(&path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    derivation.fails_with(&format!(
        "buildContainer: 'TMP/store/{name}' is not a file, a directory or a symbolic link; a store holds nothing else"
    ));
}

#[test]
fn attributes_are_a_regular_file() {
    let derivation = Derivation::new(json!({}));
    let fifo = derivation.build_dir().join("fifo");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let outcome = Outcome::new(derivation.builder().env("NIX_ATTRS_JSON_FILE", &fifo));
    let message = "reading the structured attributes 'TMP/build/fifo': it is not a regular file";
    derivation.fails(outcome, &format!("buildContainer: {message}"));
}
