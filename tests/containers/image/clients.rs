//! Clients that load images, each with a store of its own.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::recipe::{PYTHON, image, manifest};
use super::tree::Tree;
use crate::support::nix;

/// What a command has printed; it is to succeed.
pub fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Podman with images and containers in this folder.
pub fn podman(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("podman");
    command.arg("--root").arg(folder.join("images")).arg("--runroot").arg(folder.join("run"));
    command.args(["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--runtime", "runc"]);
    succeeds(&command.args(args).output().unwrap())
}

#[test]
fn podman_loads_the_archive_and_runs_it() {
    let archive = nix::build(&format!(
        "{}.archive",
        image("image = { name = \"registry.example.org/team/py\"; tag = \"1.0\"; maxLayers = 3; };")
    ));
    let recipe =
        nix::build(&image("image = { name = \"registry.example.org/team/py\"; tag = \"1.0\"; maxLayers = 3; };"));
    let folder = TempDir::new().unwrap();
    let said = podman(folder.path(), &["load", "--quiet", "--input", archive.to_str().unwrap()]);
    assert_eq!(said, "Loaded image: registry.example.org/team/py:1.0\n");
    // The image's id is the digest of the recipe's configuration.
    let listed = podman(folder.path(), &["images", "--no-trunc", "--format", "{{.Id}}"]);
    let digest = manifest(&recipe)["config"]["digest"].as_str().unwrap().to_owned();
    assert_eq!(format!("sha256:{}", listed.trim()), digest);
    let run = ["run", "--rm", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", "--network=none"];
    let name = "registry.example.org/team/py:1.0";
    assert_eq!(podman(folder.path(), &[&run[..], &[name]].concat()), "42\n");
    // Arguments take the place of Cmd.
    let print = "import os; print(os.getuid(), os.getcwd(), open('/etc/greeting').read(), end='')";
    assert_eq!(podman(folder.path(), &[&run[..], &[name, "-c", print]].concat()), "1000 /srv hello\n");
    let root = podman(folder.path(), &["image", "mount", name]);
    Tree::of_bundle(&nix::build(PYTHON)).assert_found(&Tree::read(Path::new(root.trim_end())), "podman");
    podman(folder.path(), &["rmi", "--all", "--force"]);
}

#[test]
fn podman_starts_the_init_of_an_image() {
    let archive = nix::build(&format!("{}.archive", image("init = true; image = { tag = \"1\"; maxLayers = 3; };")));
    let folder = TempDir::new().unwrap();
    podman(folder.path(), &["load", "--quiet", "--input", archive.to_str().unwrap()]);
    let run = ["run", "--rm", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", "--network=none"];
    let print = "print(open('/proc/1/comm').read(), end='')";
    assert_eq!(podman(folder.path(), &[&run[..], &["python:1", "-c", print]].concat()), "catatonit\n");
    podman(folder.path(), &["rmi", "--all", "--force"]);
}

#[test]
fn skopeo_copies_the_layout_and_changes_nothing() {
    for compression in ["zstd", "gzip", "none"] {
        let layout = nix::build(&format!("{}.layout", image(&format!("image.compression = \"{compression}\";"))));
        let folder = TempDir::new().unwrap();
        let copy = folder.path().join("copy");
        let mut command = Command::new("skopeo");
        command.args(["--insecure-policy", "copy", "--quiet", "--preserve-digests"]);
        command.arg(format!("oci:{}:latest", layout.display())).arg(format!("dir:{}", copy.display()));
        succeeds(&command.output().unwrap());
        let copied: Value = serde_json::from_slice(&fs::read(copy.join("manifest.json")).unwrap()).unwrap();
        assert_eq!(copied, manifest(&layout), "{compression}");
    }
}

/// What an archive is, as docker and containerd read it, and as podman and skopeo do.
#[test]
fn the_archive_is_a_layout_and_what_docker_loads() {
    let archive = nix::build(&format!("{}.archive", image("")));
    let recipe = nix::build(&image(""));
    let folder = TempDir::new().unwrap();
    succeeds(&Command::new("tar").arg("-xf").arg(&*archive).arg("-C").arg(folder.path()).output().unwrap());
    let docker: Value = serde_json::from_slice(&fs::read(folder.path().join("manifest.json")).unwrap()).unwrap();
    let plain = manifest(folder.path());
    assert_eq!(plain["config"], manifest(&recipe)["config"]);
    let path = |descriptor: &Value| format!("blobs/{}", descriptor["digest"].as_str().unwrap().replace(':', "/"));
    assert_eq!(docker[0]["Config"], path(&plain["config"]));
    assert_eq!(docker[0]["RepoTags"], serde_json::json!(["python:latest"]));
    let layers: Vec<_> = plain["layers"].as_array().unwrap().iter().map(path).collect();
    assert_eq!(docker[0]["Layers"], serde_json::json!(layers));
    for layer in &layers {
        let sum = succeeds(&Command::new("sha256sum").arg(folder.path().join(layer)).output().unwrap());
        assert!(layer.ends_with(sum.split(' ').next().unwrap()), "{layer}");
    }
}

/// Runs a wrapper of an image. Gives the last line that it says.
pub fn hand_on(image: &str, output: &str, env: &[(&str, String)]) -> String {
    let built = nix::build(&format!("{image}.{output}"));
    let program = fs::read_dir(built.join("bin")).unwrap().next().unwrap().unwrap().path();
    let output = Command::new(program).envs(env.iter().cloned()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said.lines().last().unwrap().to_owned()
}

#[test]
fn podman_gets_an_image_without_a_file() {
    let folder = TempDir::new().unwrap();
    let configuration = folder.path().join("storage.conf");
    let text = format!(
        "[storage]\ndriver = \"vfs\"\ngraphroot = \"{0}/images\"\nrunroot = \"{0}/run\"\n",
        folder.path().display()
    );
    fs::write(&configuration, text).unwrap();
    let env = [("CONTAINERS_STORAGE_CONF", configuration.to_str().unwrap().to_owned())];
    let said = hand_on(&image(""), "copyToPodman", &env);
    let digest = manifest(&nix::build(&image("")))["config"]["digest"].as_str().unwrap().to_owned();
    assert_eq!(said, format!("oci-bundle: docker.io/library/python:latest is in podman, with the digest {digest}"));
    podman(folder.path(), &["rmi", "--all", "--force"]);
}

/// containerd with a folder of its own.
struct Containerd {
    folder: TempDir,
    process: Child,
}

impl Containerd {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().display().to_string();
        // From 2.1 on, containerd unpacks for a snapshotter only if its configuration names it.
        let config = format!(
            "version = 2\nroot = \"{path}/root\"\nstate = \"{path}/state\"\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n\
             [grpc]\naddress = \"{path}/socket\"\n\
             [[plugins.\"io.containerd.transfer.v1.local\".unpack_config]]\nplatform = \"linux\"\nsnapshotter = \"native\"\n"
        );
        fs::write(folder.path().join("config.toml"), config).unwrap();
        let mut command = Command::new("containerd");
        command.arg("--config").arg(folder.path().join("config.toml")).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        let start = Instant::now();
        while !folder.path().join("socket").exists() {
            assert!(start.elapsed() < Duration::from_secs(20), "no containerd");
            thread::sleep(Duration::from_millis(20));
        }
        Self { folder, process }
    }

    /// What `ctr` prints.
    fn prints(&self, args: &[&str]) -> String {
        succeeds(&Command::new("ctr").args(args).envs(self.env()).output().unwrap())
    }

    fn env(&self) -> [(&'static str, String); 2] {
        let address = self.folder.path().join("socket").to_str().unwrap().to_owned();
        [("CONTAINERD_ADDRESS", address), ("CONTAINERD_SNAPSHOTTER", "native".to_owned())]
    }
}

impl Drop for Containerd {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn containerd_gets_an_image_without_a_file() {
    let containerd = Containerd::start();
    let said = hand_on(&image(""), "copyToContainerd", &containerd.env());
    assert!(
        said.starts_with("oci-bundle: docker.io/library/python:latest is in ctr, with the digest sha256:"),
        "{said}"
    );
    let name = "docker.io/library/python:latest";
    let checked = containerd.prints(&["images", "check", &format!("name=={name}")]);
    assert!(checked.contains("complete"), "{checked}");
    let root = containerd.folder.path().join("mounted");
    fs::create_dir(&root).unwrap();
    let root = root.to_str().unwrap();
    containerd.prints(&["images", "mount", name, root]);
    // Newer versions give directories the time at which they unpack them.
    let found = Tree::read(Path::new(root)).with_times_of_nix();
    containerd.prints(&["images", "unmount", root]);
    Tree::of_bundle(&nix::build(PYTHON)).assert_found(&found, "containerd");
}
