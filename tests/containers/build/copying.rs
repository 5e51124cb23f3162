//! Copies on file systems of their own: one that shares extents, and one that is full.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;
use tempfile::TempDir;

use crate::support::nix;

/// Runs a shell script in a mount namespace of its own, with `$folder` to mount something on, and `$build`, which builds
/// there a bundle of the store path `$tree`.
fn with_builder(script: &str) -> (TempDir, Output) {
    let here = TempDir::new().unwrap();
    let folder = here.path().join("folder");
    fs::create_dir(&folder).unwrap();
    let store = folder.join("store");
    let tree = store.join("00000000000000000000000000000000-tree");
    let attrs = json!({
        "name": "test",
        "hostSystem": "x86_64-linux",
        "container": { "args": ["x"], "checkProgram": false },
        "closure": [{ "path": tree, "references": [], "narSize": 1 }],
        "outputs": { "out": folder.join("out") },
    });
    fs::write(here.path().join("attrs.json"), attrs.to_string()).unwrap();
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-euc", script])
        .env("image", here.path().join("image"))
        .env("folder", &folder)
        .env("tree", &tree)
        .env("copy", folder.join(format!("out/rootfs{}", tree.display())))
        .env("build", nix::program("oci-bundle-builder").to_str().unwrap().to_owned() + " build")
        .env("NIX_ATTRS_JSON_FILE", here.path().join("attrs.json"))
        .env("NIX_BUILD_TOP", here.path())
        .env("NIX_STORE", &store)
        .output()
        .unwrap();
    (here, output)
}

#[test]
fn extents_are_shared_where_the_file_system_can() {
    for make in ["mkfs.btrfs --quiet", "mkfs.xfs -q"] {
        // A file that would fit into a buffer, one that is copied at once, and one that would be copied in parts.
        let (_here, output) = with_builder(&format!(
            r#"
              truncate --size 600M "$image"
              {make} "$image" > /dev/null
              mount -o loop "$image" "$folder"
              mkdir -p "$tree"
              head -c 9000 /dev/urandom > "$tree/tiny"
              head -c 3000000 /dev/urandom > "$tree/small"
              head -c 90000000 /dev/urandom > "$tree/large"
              sync --file-system "$folder"
              $build
              sync --file-system "$folder"
              cmp "$tree/tiny" "$copy/tiny"
              cmp "$tree/small" "$copy/small"
              cmp "$tree/large" "$copy/large"
              for file in tiny small large; do
                filefrag -v "$copy/$file" | grep -E '^ +[0-9]+:' | grep -v shared || echo "all of $file is shared"
              done
            "#
        ));
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{make}: {output:?}");
        assert_eq!(printed, "all of tiny is shared\nall of small is shared\nall of large is shared\n", "{make}");
    }
}

#[test]
fn a_full_disk_is_named_with_the_file_and_nothing_is_left() {
    let (here, output) = with_builder(
        r#"
          mount -t tmpfs -o size=3m tmpfs "$folder"
          mkdir -p "$tree"
          head -c 2000000 /dev/zero > "$tree/file"
          status=0
          $build || status=$?
          ls -A "$folder"
          exit $status
        "#,
    );
    let said = String::from_utf8_lossy(&output.stderr).replace(here.path().to_str().unwrap(), "TMP");
    assert_eq!(output.status.code(), Some(1), "{said}");
    let file = "folder/store/00000000000000000000000000000000-tree/file";
    assert_eq!(
        said,
        format!(
            "buildContainer: copying 'TMP/{file}' to 'TMP/folder/out/rootfsTMP/{file}': No space left on device \
             (os error 28)\n"
        )
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), "store\n");
    assert!(!Path::new(&here.path().join("folder/out")).exists());
}
