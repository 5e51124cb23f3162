//! The same with what real tools made, a little changed: what `make fuzz` does for longer, and led by what is covered.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::{attributes, links, programs, runs};

/// The structured attributes of a container, as Nix 2.8 wrote them.
const ATTRIBUTES: &[u8] = include_bytes!("../../builder/captured/nix-2.8.json");

/// The config.json of examples/nginx.nix, as the builder wrote it.
const CONFIG: &[u8] = include_bytes!("config.json");

/// Puts bytes in the place of as many, or in between.
#[derive(Clone, Debug)]
struct Edit {
    at: Index,
    bytes: Vec<u8>,
    replaces: bool,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let bytes = prop_oneof![vec(any::<u8>(), 0..4), "[0-9{}\\[\\],:\"/. a-z\n-]{0,4}".prop_map(String::into_bytes)];
    let edit = (any::<Index>(), bytes, any::<bool>());
    vec(edit.prop_map(|(at, bytes, replaces)| Edit { at, bytes, replaces }), 0..4)
}

fn edited(capture: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = capture.to_owned();
    for Edit { at, bytes: new, replaces } in edits {
        let start = at.index(bytes.len() + 1);
        let end = if *replaces { bytes.len().min(start + new.len()) } else { start };
        bytes.splice(start..end, new.iter().copied());
    }
    bytes
}

/// The headers of the program that runs this test.
fn program() -> Vec<u8> {
    let mut bytes = Vec::new();
    File::open("/proc/self/exe").unwrap().take(2048).read_to_end(&mut bytes).unwrap();
    bytes
}

/// A few lines of this machine's files.
fn listing() -> Vec<u8> {
    let mut text = Vec::new();
    for directory in ["/", "/etc", "/etc/alternatives"].map(Path::new) {
        for entry in fs::read_dir(directory).unwrap().flatten() {
            let path = entry.path();
            text.extend(path.as_os_str().as_bytes());
            if let Ok(target) = path.read_link() {
                text.extend(b" -> ");
                text.extend(target.as_os_str().as_bytes());
            } else if path.is_dir() {
                text.push(b'/');
            }
            text.push(b'\n');
        }
    }
    text
}

proptest! {
    #[test]
    fn changed_attributes_are_decoded_or_refused(edits in edits()) {
        attributes::run(&edited(ATTRIBUTES, &edits));
    }

    #[test]
    fn changed_configurations_are_planned_or_refused(edits in edits()) {
        runs::plan(&edited(CONFIG, &edits));
    }

    #[test]
    fn changed_programs_are_read_or_refused(edits in edits()) {
        programs::run(&edited(&program(), &edits));
    }

    #[test]
    fn changed_scripts_are_read_or_refused(edits in edits()) {
        programs::run(&edited(b"#!/usr/bin/env -S A=1 python3 -u\nprint()\n", &edits));
    }

    #[test]
    fn changed_trees_are_followed_or_refused(path in "(/etc/alternatives/awk|/bin|/etc|/alternatives|/\\.\\.){1,4}/?", edits in edits()) {
        links::run(&edited(&[path.as_bytes(), b"\n", &listing()].concat(), &edits));
    }
}
