//! dockerd with a folder of its own, and Debian's client.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::clients::{hand_on, succeeds};
use super::recipe::{PYTHON, image, manifest};
use super::serving::Serving;
use super::tree::Tree;
use crate::support::nix;

/// An image that this dockerd reads (20.10 does not know zstd) and whose layers are few: vfs copies all below each of them.
const OF_DOCKER: &str = "image = { maxLayers = 3; compression = \"gzip\"; };";

/// A daemon. Where it does not start, the test fails with what it has said.
struct Docker {
    folder: TempDir,
    process: Child,
}

impl Docker {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        // In the place of the host's own configuration.
        fs::write(path("daemon.json"), "{}").unwrap();
        let log = File::create(path("log")).unwrap();
        let mut command = Command::new("dockerd");
        command.args(["--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs"]);
        for (option, name) in
            [("config-file", "daemon.json"), ("data-root", "data"), ("exec-root", "exec"), ("pidfile", "pid")]
        {
            command.arg(format!("--{option}")).arg(path(name));
        }
        command.arg("--host").arg(format!("unix://{}", path("socket").display()));
        let process = command.stdin(Stdio::null()).stderr(log.try_clone().unwrap()).stdout(log).spawn().unwrap();
        let mut docker = Self { folder, process };
        let start = Instant::now();
        while !docker.command(&["version"]).output().unwrap().status.success() {
            let has_ended = docker.process.try_wait().unwrap().is_some();
            if has_ended || start.elapsed() > Duration::from_secs(30) {
                let log = fs::read_to_string(docker.folder.path().join("log")).unwrap();
                let last: Vec<_> = log.lines().rev().take(5).collect();
                panic!("dockerd does not start on this machine: {last:#?}");
            }
            thread::sleep(Duration::from_millis(50));
        }
        docker
    }

    fn env(&self) -> [(&'static str, String); 3] {
        let path = std::env::var("PATH").unwrap();
        [
            ("DOCKER_HOST", format!("unix://{}", self.folder.path().join("socket").display())),
            ("DOCKER_CONFIG", self.folder.path().join("client").to_str().unwrap().to_owned()),
            // Debian's client before any other.
            ("PATH", format!("/usr/bin:{path}")),
        ]
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("/usr/bin/docker");
        command.args(args).envs(self.env());
        command
    }

    fn prints(&self, args: &[&str]) -> String {
        succeeds(&self.command(args).output().unwrap())
    }

    /// The root filesystem of an image, where dockerd keeps it: that of a container has files of dockerd's.
    fn tree(&self, name: &str) -> Tree {
        let layers = self.prints(&["image", "inspect", "--format", "{{join .RootFS.Layers \"\\n\"}}", name]);
        let top = layers.lines().last().unwrap();
        let data = self.folder.path().join("data");
        let mut layers =
            fs::read_dir(data.join("image/vfs/layerdb/sha256")).unwrap().map(|layer| layer.unwrap().path());
        let layer = layers.find(|layer| fs::read_to_string(layer.join("diff")).unwrap() == top).unwrap();
        Tree::read(&data.join("vfs/dir").join(fs::read_to_string(layer.join("cache-id")).unwrap()))
    }
}

impl Drop for Docker {
    /// It ends its containerd, and takes its mounts away. Nothing is asserted: a test may have failed already.
    fn drop(&mut self) {
        let pid = Pid::from_raw(i32::try_from(self.process.id()).unwrap()).unwrap();
        let _ = kill_process(pid, Signal::TERM);
        let start = Instant::now();
        while self.process.try_wait().is_ok_and(|ended| ended.is_none()) {
            if start.elapsed() > Duration::from_secs(20) {
                let _ = self.process.kill();
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The image's id in an engine: the digest of its configuration.
fn id(recipe: &Path) -> String {
    manifest(recipe)["config"]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn docker_loads_the_archive_and_runs_it() {
    let archive = nix::build(&format!("{}.archive", image(OF_DOCKER)));
    let recipe = nix::build(&image(OF_DOCKER));
    let docker = Docker::start();
    let said = docker.prints(&["load", "--quiet", "--input", archive.to_str().unwrap()]);
    assert_eq!(said, "Loaded image: python:latest\n");
    assert_eq!(docker.prints(&["images", "--no-trunc", "--quiet"]).trim(), id(&recipe));
    let run = ["run", "--rm", "--network", "none", "python:latest"];
    assert_eq!(docker.prints(&run), "42\n");
    let print = "import os; print(os.getuid(), os.getcwd(), open('/etc/greeting').read(), end='')";
    assert_eq!(docker.prints(&[&run[..], &["-c", print]].concat()), "1000 /srv hello\n");
    Tree::of_bundle(&nix::build(PYTHON)).assert_found(&docker.tree("python:latest"), "the archive");
}

#[test]
fn docker_pulls_from_the_registry_of_a_recipe() {
    let recipe = nix::build(&image(OF_DOCKER));
    let serving = Serving::start(&recipe);
    let docker = Docker::start();
    docker.prints(&["pull", "--quiet", &serving.name]);
    assert_eq!(docker.prints(&["image", "inspect", "--format", "{{.Id}}", &serving.name]).trim(), id(&recipe));
    assert_eq!(docker.prints(&["run", "--rm", "--network", "none", &serving.name]), "42\n");
}

#[test]
fn docker_gets_an_image_without_a_file() {
    let docker = Docker::start();
    let said = hand_on(&image(OF_DOCKER), "copyToDockerDaemon", &docker.env());
    let digest = id(&nix::build(&image(OF_DOCKER)));
    assert_eq!(said, format!("oci-bundle: docker.io/library/python:latest is in docker, with the digest {digest}"));
    assert_eq!(docker.prints(&["run", "--rm", "--network", "none", "python"]), "42\n");
}
