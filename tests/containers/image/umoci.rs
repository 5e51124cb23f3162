//! umoci, which makes a bundle of an image.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::clients::succeeds;
use super::recipe::image;
use crate::support::nix;
use crate::support::runtime;

/// Unpacks an image, and gives the bundle.
pub fn unpack(layout: &Path, tag: &str, to: &Path) -> PathBuf {
    let image = format!("{}:{tag}", layout.display());
    succeeds(&Command::new("umoci").args(["unpack", "--image", &image]).arg(to).output().unwrap());
    to.to_owned()
}

#[test]
fn what_is_unpacked_runs() {
    let layout = nix::build(&format!("{}.layout", image("image = { compression = \"gzip\"; maxLayers = 3; };")));
    let folder = TempDir::new().unwrap();
    let bundle = unpack(&layout, "latest", &folder.path().join("bundle"));
    for runtime in runtime::ALL {
        // umoci gives every bundle a terminal.
        let printed = runtime.prints_in_terminal(&bundle);
        assert!(printed.contains("42\r\n"), "{runtime:?}: {printed}");
    }
}
