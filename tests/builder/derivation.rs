//! A derivation without Nix: a store in a temporary folder, structured attributes, and the real builder run on them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

pub struct Derivation {
    folder: TempDir,
    graph: Vec<Value>,
    pub attrs: Value,
}

/// How the builder ended.
pub struct Outcome {
    pub success: bool,
    pub stderr: String,
}

impl Outcome {
    pub fn new(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self { success: output.status.success(), stderr: String::from_utf8(output.stderr).unwrap() }
    }
}

impl Derivation {
    /// One whose container has these arguments. Its program need not be there, unless they say so.
    pub fn new(mut container: Value) -> Self {
        if let Some(arguments) = container.as_object_mut() {
            arguments.entry("checkProgram").or_insert(false.into());
        }
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("store")).unwrap();
        fs::create_dir(folder.path().join("build")).unwrap();
        let attrs = json!({
            "name": "test",
            "hostSystem": "x86_64-linux",
            "container": container,
            "outputs": { "out": folder.path().join("out") },
        });
        Self { folder, graph: Vec::new(), attrs }
    }

    pub fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// The store path of this name, whose hash is made up.
    pub fn store_path(&self, name: &str) -> PathBuf {
        let number = name.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        self.store().join(format!("{number:032}-{name}"))
    }

    /// Adds a store path to the graph; the caller makes what is there.
    pub fn add(&mut self, name: &str, references: &[&str]) -> PathBuf {
        let path = self.store_path(name);
        let references: Vec<_> = references.iter().map(|name| self.store_path(name)).collect();
        self.graph.push(json!({ "path": path, "references": references, "narSize": 1 }));
        self.attrs["closure"] = json!(self.graph);
        path
    }

    /// Adds a store path with these files; a name that ends in a slash is an empty directory. Files below `bin` can be
    /// run.
    pub fn add_tree(&mut self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let path = self.add(name, &[]);
        for (file, text) in files {
            let at = path.join(file);
            if file.ends_with('/') {
                fs::create_dir_all(at).unwrap();
                continue;
            }
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            fs::write(&at, text).unwrap();
            if file.contains("bin/") {
                fs::set_permissions(at, Permissions::from_mode(0o555)).unwrap();
            }
        }
        path
    }

    /// Sets one of the container's arguments.
    pub fn set(&mut self, argument: &str, value: Value) {
        self.attrs["container"][argument] = value;
    }

    /// Runs the builder as a Nix does that passes the attributes' file on.
    pub fn build(&self) -> Outcome {
        let file = self.write_attrs("attrs.json");
        Outcome::new(self.builder().env("NIX_ATTRS_JSON_FILE", file))
    }

    /// The builder with the environment that every Nix gives it.
    pub fn builder(&self) -> Command {
        self.builder_under(&["env"])
    }

    /// The same, run by another program, given with its arguments.
    pub fn builder_under(&self, wrapper: &[&str]) -> Command {
        let path = std::env::var_os("PATH").unwrap();
        let mut command = Command::new(wrapper[0]);
        command
            .args(&wrapper[1..])
            .args([env!("CARGO_BIN_EXE_oci-bundle-builder"), "build"])
            .env_clear()
            .env("PATH", path)
            .env("NIX_BUILD_TOP", self.build_dir())
            .env("NIX_STORE", self.store())
            .env("NIX_BUILD_CORES", "2");
        command
    }

    pub fn build_dir(&self) -> PathBuf {
        self.folder.path().join("build")
    }

    /// Writes the attributes to a file of this name in the build directory.
    pub fn write_attrs(&self, name: &str) -> PathBuf {
        let file = self.build_dir().join(name);
        fs::write(&file, self.attrs.to_string()).unwrap();
        file
    }

    /// Builds, and expects the message; the temporary folder's name in it becomes `TMP`.
    pub fn fails_with(&self, message: &str) {
        self.fails(self.build(), message);
    }

    pub fn fails(&self, outcome: Outcome, message: &str) {
        assert!(!outcome.success, "should have failed with: {message}");
        let said = outcome.stderr.replace(self.folder.path().to_str().unwrap(), "TMP");
        assert_eq!(said, format!("{message}\n"));
        assert!(!self.out().exists(), "something was left in $out");
    }

    /// Builds, and gives config.json.
    pub fn succeeds(&self) -> Value {
        let outcome = self.build();
        assert!(outcome.success, "{}", outcome.stderr);
        self.config()
    }

    pub fn config(&self) -> Value {
        serde_json::from_slice(&fs::read(self.out().join("config.json")).unwrap()).unwrap()
    }

    /// Where a path of the container is on the host.
    pub fn in_rootfs(&self, inside: impl AsRef<Path>) -> PathBuf {
        let inside = inside.as_ref();
        self.out().join("rootfs").join(inside.strip_prefix("/").unwrap_or(inside))
    }
}
