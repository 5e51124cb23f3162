//! Recipes that are not what they should be, and disks that are full: one line, and nothing left.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::recipe::image;
use crate::support::nix;

fn program(args: &[&str]) -> Output {
    Command::new(nix::program("oci-bundle-image")).args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!output.status.success(), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

type Change<'c> = &'c dyn Fn(&mut Value);

/// A recipe with a change in its file.
fn changed(recipe: &Path, change: impl Fn(&mut Value)) -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut document: Value = serde_json::from_slice(&fs::read(recipe.join("recipe.json")).unwrap()).unwrap();
    change(&mut document);
    fs::write(folder.path().join("recipe.json"), document.to_string()).unwrap();
    folder
}

#[test]
fn a_recipe_that_is_not_right_is_refused_in_a_line() {
    let recipe = nix::build(&image(""));
    let other = format!("sha256:{}", "0".repeat(64));
    let changes: [(Change<'_>, &str); 8] = [
        (
            &|it| it["layers"][0]["paths"][0] = json!("/nix/store/gone"),
            "the store path '/nix/store/gone' is gone; build the image again",
        ),
        (&|it| it["layers"][0]["paths"][0] = json!("/etc"), "'/etc' is not a store path below /nix/store"),
        (
            &|it| {
                it["layers"][0]["files"] =
                    json!([{ "path": "/x", "mode": 420, "uid": 0, "gid": 0, "copyOf": "/etc/shadow" }])
            },
            "'/etc/shadow' is not in /nix/store",
        ),
        (
            &|it| it["layers"][0]["diffId"] = json!(other),
            "a store path has changed; 'nix-store --verify --check-contents'",
        ),
        (&|it| it["encoder"] = json!("zstd 0.1"), "was made with zstd 0.1, and this program has zstd "),
        (&|it| it["version"] = json!(99), "is of version 99, and this program makes images of version 1"),
        (&|it| it["layers"] = json!(1), "is no recipe: "),
        (&|it| it["layers"][0]["digest"] = json!("sha256:x"), "is no recipe: 'sha256:x' is not a SHA-256 digest"),
    ];
    for (change, wanted) in changes {
        let folder = changed(&recipe, change);
        let path = folder.path().to_str().unwrap();
        let found = said(&program(&["stream", path]));
        assert!(found.starts_with("container.image: ") && found.contains(wanted), "{wanted}: {found}");
        let out = folder.path().join("out");
        let found = said(&program(&["layout", path, "--out", out.to_str().unwrap()]));
        assert!(found.contains(wanted), "{wanted}: {found}");
        assert!(!out.exists(), "{wanted}");
    }
    let nothing = TempDir::new().unwrap();
    for verb in ["stream", "serve", "copy", "layers"] {
        let found = said(&program(&[verb, nothing.path().to_str().unwrap()]));
        assert!(
            found.contains("recipe.json'; want a recipe, such as ./result of nix build .#container.image"),
            "{verb}: {found}"
        );
    }
}

#[test]
fn a_full_disk_leaves_nothing() {
    let recipe = nix::build(&image(""));
    let folder = TempDir::new().unwrap();
    let program = nix::program("oci-bundle-image");
    for words in ["layout", "stream"] {
        let script = format!(
            "mount -t tmpfs -o size=1m tmpfs {0} && ! {1} {words} {2} --out {0}/out && ls -A {0}",
            folder.path().display(),
            program.display(),
            recipe.display()
        );
        let output = Command::new("unshare").args(["--mount", "sh", "-c", &script]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("No space left on device"), "{words}: {said}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{words}");
    }
}
