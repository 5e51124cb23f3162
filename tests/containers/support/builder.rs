//! The builder as Nix runs it, without Nix: a run takes milliseconds, so a test can have a thousand.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::support::nix;

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
        Self { program: nix::program("oci-bundle-builder"), folder }
    }

    /// The config.json of a container with this argument `config`, or what was said. Its program need not be there, no
    /// variable depends on its user, no mount on a namespace, but for that on /dev, which is left out of what is given, and no
    /// filter on its capabilities.
    pub fn config(&self, config: &Value) -> Result<Value, String> {
        let defaults = ["/proc", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup", "/tmp"].into_iter();
        // A runtime makes devices in /dev where the mounts are the container's own.
        let has_own = config["linux"]["namespaces"]
            .as_array()
            .is_none_or(|namespaces| namespaces.iter().any(|namespace| namespace["type"] == "mount"));
        let defaults = defaults.chain((!has_own).then_some("/dev"));
        let mounts: Map<_, _> = defaults.map(|destination| (destination.to_owned(), Value::Null)).collect();
        let mut document = self.run(&json!({
            "args": ["x"], "baseFiles": false, "checkProgram": false, "mounts": mounts, "config": config, "seccomp": null,
        }))?;
        if let Some(mounts) = document["mounts"].as_array_mut() {
            mounts.retain(|mount| mount["destination"] != "/dev");
        }
        Ok(document)
    }

    /// The config.json of a container with these arguments, or what was said.
    pub fn run(&self, container: &Value) -> Result<Value, String> {
        let output = self.build_under(&["env"], container, &[]);
        if !output.status.success() {
            return Err(String::from_utf8(output.stderr).unwrap());
        }
        Ok(serde_json::from_slice(&fs::read(self.out().join("config.json")).unwrap()).unwrap())
    }

    /// Where the store, the output and the structured attributes are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A store path of this name, which the caller makes.
    pub fn store_path(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("store/00000000000000000000000000000000-{name}"))
    }

    /// The output path.
    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// Runs the builder under another command, given by its words, on a container with these arguments and a closure of
    /// these names. What was built before is removed, as Nix does it.
    pub fn build_under(&self, words: &[&str], container: &Value, closure: &[&str]) -> Output {
        let _ = fs::remove_dir_all(self.out());
        let node = |name: &&str| json!({ "path": self.store_path(name), "references": [], "narSize": 1 });
        let attrs = json!({
            "name": "test",
            "hostSystem": "x86_64-linux",
            "container": container,
            "closure": closure.iter().map(node).collect::<Vec<_>>(),
            "outputs": { "out": self.out() },
        });
        let build_dir = self.folder.path().join("build");
        fs::write(build_dir.join("attrs.json"), attrs.to_string()).unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let (command, words) = words.split_first().unwrap();
        Command::new(command)
            .args(words)
            .arg(&self.program)
            .arg("build")
            .env_clear()
            .env("PATH", path)
            .env("NIX_ATTRS_JSON_FILE", build_dir.join("attrs.json"))
            .env("NIX_BUILD_TOP", build_dir)
            .env("NIX_STORE", self.folder.path().join("store"))
            // With one thread the system calls come in the same order each time.
            .env("NIX_BUILD_CORES", "1")
            .output()
            .unwrap()
    }
}
