//! What is built again when a file of the project changes: containers with their builder, and nothing else with them.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::nix;

/// A copy of the project's files.
fn copy() -> TempDir {
    let folder = TempDir::new().unwrap();
    // Files that were removed and not committed are in the list, too.
    let pack = r#"git ls-files -z --cached --others --exclude-standard \
        | tar --create --null --files-from=- --ignore-failed-read 2>/dev/null | tar --extract --directory="$1""#;
    let mut copy = Command::new("sh");
    copy.args(["-c", pack, "sh"]).arg(folder.path()).current_dir(nix::repository());
    assert!(copy.status().unwrap().success());
    folder
}

/// The derivations of a container, its list and its wrapper.
fn derivations(project: &Path) -> [String; 3] {
    let expression = format!(
        r#"let
             pkgs = (import {0}/tests/pkgs {{ }}).extend (import {0}/nix/overlay.nix);
             container = pkgs.ociTools.buildContainer {{ args = [ "${{pkgs.hello}}/bin/hello" ]; }};
           in map (output: output.drvPath) [ container container.closure container.run ]"#,
        project.display()
    );
    let output =
        nix::nix("nix-instantiate").args(["--eval", "--strict", "--json", "--expr", &expression]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    [0, 1, 2].map(|index| found[index].as_str().unwrap().to_owned())
}

#[test]
fn only_a_change_to_the_builder_builds_containers_again() {
    let copy = copy();
    let before = derivations(copy.path());
    let changed = |file: &str| {
        let path = copy.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}\n")).unwrap();
        let after = derivations(copy.path());
        fs::write(&path, text).unwrap();
        [0, 1, 2].map(|index| before[index] != after[index])
    };
    for file in [
        "image/src/main.rs",
        "tests/containers/run/lifecycle.rs",
        "tests/builder/main.rs",
        "tests/properties/Cargo.toml",
        "tests/Cargo.toml",
        "src/plan/runtime_config/tests.rs",
        "src/plan/runtime_config/tests/messages.txt",
        "docs/run.md",
        "README.md",
        "CHANGELOG.md",
        "examples/default.nix",
        "cli/src/runner/plan/tests.rs",
        "cli/tests/help/run.txt",
        "cli/tests/closure_list.rs",
    ] {
        assert_eq!(changed(file), [false, false, false], "{file}");
    }
    for file in ["cli/src/runner/mod.rs", "cli/Cargo.toml"] {
        assert_eq!(changed(file), [false, true, true], "{file}");
    }
    for file in ["src/plan/runtime_config/mod.rs", "Cargo.toml"] {
        assert_eq!(changed(file), [true, true, true], "{file}");
    }
}

#[test]
fn no_bundle_names_our_programs() {
    let hash = |package: &str| {
        let path = nix::build(&format!("pkgs.{package}"));
        path.file_name().unwrap().to_str().unwrap().split_once('-').unwrap().0.to_owned()
    };
    let hashes = ["oci-bundle-builder", "oci-bundle", "oci-bundle-image"].map(hash);
    for store in ["copy", "mount"] {
        let bundle = nix::build(&format!(
            r#"buildContainer {{ args = [ "${{pkgs.hello}}/bin/hello" ]; store = "{store}"; readonly = true; }}"#
        ));
        let mut find = Command::new("grep");
        find.args(["--recursive", "--text", "--files-with-matches", "--fixed-strings"]);
        for hash in &hashes {
            find.args(["-e", hash]);
        }
        let output = find.arg(&*bundle).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{store}");
        assert_eq!(output.status.code(), Some(1), "{store}: {output:?}");
    }
}
