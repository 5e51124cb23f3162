//! buildah with a store of its own.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::clients::succeeds;
use super::recipe::{PYTHON, image, manifest};
use super::serving::Serving;
use super::tree::Tree;
use crate::support::nix;

/// buildah with images and containers in this folder. It needs no runtime.
fn buildah(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("buildah");
    command.arg("--root").arg(folder.join("images")).arg("--runroot").arg(folder.join("run"));
    command.args(["--storage-driver", "vfs"]).args(args).env("BUILDAH_ISOLATION", "chroot");
    succeeds(&command.output().unwrap())
}

#[test]
fn buildah_pulls_mounts_and_runs() {
    let wanted = Tree::of_bundle(&nix::build(PYTHON));
    for compression in ["zstd", "gzip"] {
        let recipe = nix::build(&image(&format!("image = {{ maxLayers = 3; compression = \"{compression}\"; }};")));
        let serving = Serving::start(&recipe);
        let folder = TempDir::new().unwrap();
        let buildah = |args: &[&str]| buildah(folder.path(), args);
        let id = buildah(&["pull", "--quiet", "--tls-verify=false", &serving.name]);
        let digest = manifest(&recipe)["config"]["digest"].as_str().unwrap().to_owned();
        assert_eq!(format!("sha256:{}", id.trim()), digest, "{compression}");
        // The limits that it has otherwise may be above those of this machine.
        let limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000"];
        buildah(&[&["from", "--pull-never", "--name", "it"], &limits[..], &[&serving.name]].concat());
        let root = buildah(&["mount", "it"]);
        wanted.assert_found(&Tree::read(Path::new(root.trim_end())), compression);
        assert_eq!(buildah(&["run", "it", "--", "python3", "-c", "print(6 * 7)"]), "42\n");
        let user = "import os; print(os.getuid(), os.getgid(), os.getcwd())";
        assert_eq!(buildah(&["run", "it", "--", "python3", "-c", user]), "1000 100 /srv\n");
        buildah(&["rm", "--all"]);
        buildah(&["rmi", "--all"]);
    }
}
