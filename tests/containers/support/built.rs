//! What Nix built for a test. A bundle has to stay as it is, whoever runs it, also where the store can be written to.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use crate::support::nix;
use crate::support::tree;

/// An output path. A test that has one fails at its end if a bundle was changed meanwhile: the bundle that it is, or that a
/// program in it runs.
#[derive(Debug)]
pub struct Built {
    path: PathBuf,
    bundles: Vec<Bundle>,
}

/// A bundle, as it was.
#[derive(Debug)]
struct Bundle {
    path: PathBuf,
    before: Vec<tree::Entry>,
}

impl Built {
    pub fn new(path: PathBuf) -> Self {
        let mut paths = vec![path.clone()];
        if path.join("bin").is_dir() {
            // A program such as `container.run` refers to what it runs.
            let references = nix::store(&["--query", "--references", path.to_str().unwrap()]);
            paths.extend(references.into_iter().map(PathBuf::from));
        }
        paths.retain(|path| is_bundle(path));
        let bundles = paths.into_iter().map(|path| Bundle { before: tree::snapshot(&path), path }).collect();
        Self { path, bundles }
    }
}

fn is_bundle(path: &Path) -> bool {
    path.join("config.json").is_file() && path.join("rootfs").is_dir()
}

impl Bundle {
    /// What is not as it was. The bundle is deleted then, or the next run of the test would find there what this one made; what
    /// cannot be deleted is found by scripts/verify-bundles.
    fn changed(&self) -> BTreeSet<PathBuf> {
        let changed = tree::changed(&self.before, &tree::snapshot(&self.path));
        if !changed.is_empty() {
            let _ = nix::nix("nix-store").arg("--delete").arg(&self.path).output();
        }
        changed
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        let changed: BTreeSet<_> = self.bundles.iter().flat_map(Bundle::changed).collect();
        // Else the test has failed already, and says why.
        if !std::thread::panicking() {
            assert!(changed.is_empty(), "the bundle in the store was written to: {changed:?}");
        }
    }
}

impl Deref for Built {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl PartialEq for Built {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl AsRef<Path> for Built {
    fn as_ref(&self) -> &Path {
        self
    }
}

impl AsRef<OsStr> for Built {
    fn as_ref(&self) -> &OsStr {
        self.as_os_str()
    }
}

#[test]
#[should_panic(expected = "the bundle in the store was written to: {\"/tmp/")]
fn a_bundle_that_was_written_to_is_noticed() {
    let folder = tempfile::TempDir::with_prefix_in("bundle", "/tmp").unwrap();
    let [config, file] = ["config.json", "rootfs/etc/file"].map(|name| folder.path().join(name));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(config, "{}").unwrap();
    let _built = Built::new(folder.path().to_owned());
    std::fs::write(file, "").unwrap();
}
