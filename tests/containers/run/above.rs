//! Mounts of directories above a bundle: through them a container sees the bundle as everybody does, and not what was set up for
//! the run, where its configuration, the state of its runtime and an open /proc are.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::runner::{all, container, prints};
use crate::support::tree;

/// Looks at the directory of its first argument, and says what is wrong with it.
const LOOK: &str = r#"
    ls -A "$1"
    cmp "$1/config.json" "$1/../copy.json" 2>/dev/null && echo same
    for file in "$1/config.json" "$1"/*/state.json "$1"/*/*/state.json "$1"/*/*/status; do
        if [ -e "$file" ] && (: >>"$file") 2>/dev/null; then echo "can write to $file"; fi
    done
    for parameter in "$1"/*/proc/sys/vm/swappiness; do
        if [ -e "$parameter" ]; then
            echo "has $parameter"
            if (cat "$parameter" >"$parameter") 2>/dev/null; then echo "can write to $parameter"; fi
        fi
    done
"#;

/// A bundle of its own three directories below a new one. Beside it is a copy of its config.json.
struct Copied {
    folder: TempDir,
    bundle: PathBuf,
}

impl Copied {
    fn new(of: &Path, more: impl FnOnce(&Path) -> Vec<Value>) -> Self {
        let folder = TempDir::new().unwrap();
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let bundle = folder.path().join("one/two/bundle");
        fs::create_dir_all(bundle.parent().unwrap()).unwrap();
        let copy = tree::writable(of);
        fs::rename(copy.path(), &bundle).unwrap();
        fs::create_dir(copy.path()).unwrap();
        fs::set_permissions(&bundle, PermissionsExt::from_mode(0o755)).unwrap();
        symlink(folder.path(), folder.path().join("link")).unwrap();
        let config = bundle.join("config.json");
        let mut document: Value = serde_json::from_str(&fs::read_to_string(&config).unwrap()).unwrap();
        document["mounts"].as_array_mut().unwrap().extend(more(&bundle));
        // Its owner alone may write to it.
        fs::write(&config, document.to_string()).unwrap();
        for file in [&config, &bundle.join("../copy.json")] {
            fs::write(file, document.to_string()).unwrap();
            fs::set_permissions(file, PermissionsExt::from_mode(0o444)).unwrap();
        }
        Self { folder, bundle }
    }
}

/// Directories that the bundle is in, and links to them, each with where the bundle is from there.
fn sources(bundle: &Path) -> Vec<(PathBuf, PathBuf)> {
    let above =
        bundle.ancestors().take(5).map(|above| (above.to_owned(), bundle.strip_prefix(above).unwrap().to_owned()));
    let link = bundle.ancestors().nth(3).unwrap().join("link");
    above.chain([(link.clone(), "one/two/bundle".into()), (link.join("one/two"), "bundle".into())]).collect()
}

/// What the container is to see, and no more.
const SEEN: &str = "config.json\nrootfs\nsame\n";

#[test]
fn an_option_that_mounts_them() {
    for readonly in ["readonly = true;", ""] {
        let built = container(LOOK, &format!("{readonly} files.\"/host/x\".text = \"\";"));
        let copied = Copied::new(&built, |_| Vec::new());
        for (runtime, uid) in all() {
            for (source, rest) in sources(&copied.bundle) {
                for access in ["", ":ro"] {
                    let mut run = runtime.wrapper(uid);
                    run.arg("--mount").arg(format!("{}:/host{access}", source.display())).arg(&copied.bundle);
                    run.args(["--", "-c", LOOK, "sh"]).arg(Path::new("/host").join(&rest));
                    let what = format!("{runtime:?}: {uid} {readonly} {}{access}", source.display());
                    // From the bundle itself, the copy is out of sight.
                    let expected = if rest.as_os_str().is_empty() { "config.json\nrootfs\n" } else { SEEN };
                    assert_eq!(prints(run), expected, "{what}");
                }
            }
        }
    }
}

#[test]
fn a_bundle_that_mounts_them() {
    let built = container("exit 0", r#"files."/host/0/x".text = ""; readonly = true;"#);
    let copied = Copied::new(&built, |bundle| {
        let mount = |(number, (source, _)): (usize, (PathBuf, PathBuf))| json!({ "destination": format!("/host/{number}"), "type": "bind", "source": source, "options": ["rbind", "ro"] });
        sources(bundle).into_iter().enumerate().skip(1).map(mount).collect()
    });
    for number in 1..sources(&copied.bundle).len() {
        fs::create_dir_all(copied.bundle.join(format!("rootfs/host/{number}"))).unwrap();
    }
    for (runtime, uid) in all() {
        for (number, (source, rest)) in sources(&copied.bundle).into_iter().enumerate().skip(1) {
            let mut run = runtime.wrapper(uid);
            run.arg(&copied.bundle).args(["--", "-c", LOOK, "sh"]).arg(format!("/host/{number}/{}", rest.display()));
            assert_eq!(prints(run), SEEN, "{runtime:?}: {uid} {}", source.display());
        }
    }
    drop(copied.folder);
}

#[test]
fn the_store_as_a_mount() {
    let bundle = container("exit 0", r#"files."/host/x".text = ""; readonly = true;"#);
    for (runtime, uid) in all() {
        for access in ["", ":ro"] {
            let mut run = runtime.wrapper(uid);
            run.arg("--mount").arg(format!("/nix/store:/host{access}")).arg(&*bundle);
            let inside = Path::new("/host").join(bundle.file_name().unwrap());
            run.args(["--", "-c", LOOK, "sh"]).arg(inside);
            assert_eq!(prints(run), "config.json\nrootfs\n", "{runtime:?}: {uid} {access}");
        }
    }
}
