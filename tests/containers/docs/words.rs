//! `scripts/words`, which refuses some words. They are broken by a `~` here, so that it does not find them in this file.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::nix;

/// What the check says of a repository that has these files.
fn check(files: &[(&str, &str)]) -> Output {
    let folder = TempDir::new().unwrap();
    assert!(Command::new("git").args(["init", "--quiet"]).current_dir(&folder).status().unwrap().success());
    for (name, text) in files {
        let path = folder.path().join(name.replace('~', ""));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.replace('~', "")).unwrap();
    }
    Command::new(nix::repository().join("scripts/words")).current_dir(&folder).output().unwrap()
}

#[track_caller]
fn refuses(name: &str, text: &str, word: &str, instead: &str) {
    let output = check(&[(name, text)]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, format!("{name}:1: '{word}': write {instead}\n").replace('~', ""), "{name}: {text}");
    assert_eq!(output.status.code(), Some(1), "{text}");
}

#[test]
fn a_refused_name_in_code_is_found_with_its_line() {
    for (text, word, instead) in [
        ("struct Mis~take;", "Mis~take", "ArgumentError"),
        ("    Err(Mis~take::new(&path, problem))", "Mis~take", "ArgumentError"),
        ("fn is_free(&self) -> Fa~cts;", "Fa~cts", "ProcessContext"),
        ("let seen: Se~en = self.entry(path);", "Se~en", "Entry"),
        ("match tree.lo~ok(&path)? {", "lo~ok", "lstat"),
        ("Node::Copy(tree::Co~py { is_link })", "tree::Co~py", "StoreEntry"),
        ("let wish~es = options;", "wish~es", "overrides"),
        ("fn o~f(text: &str) -> Self {", "::o~f", "new or from_…"),
        ("fn is_~there(&self) -> Option<Entry> {", "is_… -> Option", "find_…"),
        ("let left_~out = Vec::new();", "left_~out", "dropped"),
        ("struct Control~Group;", "control_~group", "cgroup"),
        ("let text = fs::read(rela~tions::path());", "rela~tions", "cross_field"),
        ("use oci_bundle_builder::ni~x::store;", "ni~x::", "plan/derivation::"),
    ] {
        refuses("cli/src/it.rs", text, word, instead);
    }
}

#[test]
fn a_refused_file_is_found() {
    for (name, word, instead) in [
        ("src/fie~ld.rs", "src/fie~ld", "src/plan/diagnostics"),
        ("src/plan/contain~er/mod.rs", "src/contain~er", "src/plan/definition"),
        ("cli/src/runner/righ~ts.rs", "righ~ts", "rootless"),
        ("cli/src/runner/use~rs.rs", "use~rs, ids", "id_maps and subid"),
        ("src/kno~wn/mod.rs", "kno~wn", "schema"),
        ("tests/containers/control_~group.rs", "control_~group", "cgroup"),
    ] {
        refuses(name, "", word, instead);
    }
}

#[test]
fn a_refused_word_in_prose_is_found() {
    for (text, word, instead) in [
        ("Each ro~om has its own tests.", "ro~om", "module"),
        ("The ho~use has three floors.", "ho~use", "crate"),
        ("The laun~cher starts it.", "laun~cher", "wrapper for the script, runner for the code"),
        ("Before the sta~ge is set, nothing is mounted.", "the sta~ge", "the mount namespace"),
    ] {
        refuses("docs/page.md", text, word, instead);
    }
}

#[test]
fn good_prose_and_other_code_pass() {
    let output = check(&[
        ("docs/page.md", "A mistake is one line. There is no room for more, and nothing else takes room.\n"),
        ("docs/more.md", "The known places of users' rights differ at this stage. Look at the program in src/plan.\n"),
        (
            "src/plan/definition/user.rs",
            "// Look at users: Mount~ed and Se~en are words, too.\nlet known = places.len();\n",
        ),
        ("cli/src/it.rs", "let set = ways.of(\"tar\"); let users = 3; fn is_file(&self) -> bool;\n"),
        ("src/plan/diagnostics/field.rs", ""),
    ]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn words_are_refused_from_any_folder_of_the_repository() {
    let folder = TempDir::new().unwrap();
    assert!(Command::new("git").args(["init", "--quiet"]).current_dir(&folder).status().unwrap().success());
    let below = folder.path().join("src/plan");
    fs::create_dir_all(&below).unwrap();
    fs::write(folder.path().join("it.nix"), "mis~take \"name\"".replace('~', "")).unwrap();
    let said = |folder: &Path| {
        let mut check = Command::new(nix::repository().join("scripts/words"));
        String::from_utf8(check.current_dir(folder).output().unwrap().stdout).unwrap()
    };
    assert_eq!(said(&below), "it.nix:1: 'mis~take': write argumentError\n".replace('~', ""));
}
