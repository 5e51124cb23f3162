//! `oci-bundle image serve` in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::nix;

/// A registry of one recipe.
pub struct Serving {
    process: Child,
    /// The name of the image, as the registry says it.
    pub name: String,
}

impl Serving {
    pub fn start(recipe: &Path) -> Self {
        let mut command = Command::new(nix::program("oci-bundle-image"));
        let mut process = command.arg("serve").arg(recipe).stdout(Stdio::piped()).spawn().unwrap();
        let mut name = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut name).unwrap();
        assert!(name.ends_with('\n'), "no registry");
        Self { process, name: name.trim_end().to_owned() }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}
