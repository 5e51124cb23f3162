//! The builder as Nix runs it, without Nix: a run takes milliseconds, so a test can have a thousand.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::nix;

pub struct Builder {
    program: PathBuf,
    folder: TempDir,
}

impl Builder {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["store", "build"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { program: nix::program("oci-bundle"), folder }
    }

    /// The config.json of a container with this argument `config`, or what was said. Its program need not be there, no
    /// variable depends on its user, and no mount on a namespace.
    pub fn config(&self, config: &Value) -> Result<Value, String> {
        let defaults =
            ["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup", "/tmp"].into_iter();
        let mounts: Map<_, _> = defaults.map(|destination| (destination.to_owned(), Value::Null)).collect();
        self.run(&json!({
            "args": ["x"], "baseFiles": false, "checkProgram": false, "mounts": mounts, "config": config,
        }))
    }

    /// The config.json of a container with these arguments, or what was said.
    pub fn run(&self, container: &Value) -> Result<Value, String> {
        let path = |name: &str| self.folder.path().join(name);
        let attrs = json!({
            "name": "test",
            "hostSystem": "x86_64-linux",
            "container": container,
            "outputs": { "out": path("out") },
        });
        fs::write(path("build/attrs.json"), attrs.to_string()).unwrap();
        let output = Command::new(&self.program)
            .arg("build")
            .env_clear()
            .env("NIX_ATTRS_JSON_FILE", path("build/attrs.json"))
            .env("NIX_BUILD_TOP", path("build"))
            .env("NIX_STORE", path("store"))
            .env("NIX_BUILD_CORES", "1")
            .output()
            .unwrap();
        if !output.status.success() {
            return Err(String::from_utf8(output.stderr).unwrap());
        }
        let document = serde_json::from_slice(&fs::read(path("out/config.json")).unwrap()).unwrap();
        fs::remove_dir_all(path("out")).unwrap();
        Ok(document)
    }
}
