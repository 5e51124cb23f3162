//! Registries: Debian's docker-registry to push to, and the program's own to pull from.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::clients::podman;
use super::recipe::{image, manifest};
use crate::support::nix;

/// A registry on a port of its own.
struct Registry {
    folder: TempDir,
    port: u16,
    process: Child,
}

impl Registry {
    fn start(auth: &str) -> Self {
        let folder = TempDir::new().unwrap();
        // A port that is free, for a moment at least.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let data = folder.path().join("data");
        let config = format!(
            "version: 0.1\nlog: {{level: info}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\n\
             http: {{addr: \"127.0.0.1:{port}\"}}\n{auth}",
            data.display()
        );
        fs::write(folder.path().join("config.yml"), config).unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(folder.path().join("config.yml")).stderr(log.try_clone().unwrap()).stdout(log);
        let process = command.spawn().unwrap();
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "no registry");
            thread::sleep(Duration::from_millis(20));
        }
        Self { folder, port, process }
    }

    fn destination(&self, name: &str) -> String {
        format!("docker://127.0.0.1:{}/{name}", self.port)
    }

    /// How many blobs clients have put here.
    fn uploads(&self) -> usize {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap();
        log.lines().filter(|line| line.contains("\"PUT /v2/") && line.contains("/blobs/uploads/")).count()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// The wrapper of an output of an image.
fn wrapper(image: &str, output: &str) -> PathBuf {
    let built = nix::build(&format!("{image}.{output}"));
    fs::read_dir(built.join("bin")).unwrap().next().unwrap().unwrap().path()
}

/// Runs `copyTo` with a home of its own: equal layers of another test would hide what is sent.
fn copy(image: &str, home: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(wrapper(image, "copyTo"));
    command.args(args).env("HOME", home).env_remove("XDG_RUNTIME_DIR").stdin(Stdio::null());
    command.output().unwrap()
}

/// How many layers, and how many bytes, the last line says were sent.
fn sent(output: &Output) -> (usize, u64) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let rest = said.lines().last().unwrap().strip_prefix("oci-bundle: ").unwrap();
    let words: Vec<_> = rest.split(' ').collect();
    let at = words.iter().position(|word| *word == "of").unwrap();
    (words[at - 1].parse().unwrap(), words[at + 4].parse().unwrap())
}

#[test]
fn a_push_sends_what_is_missing() {
    let registry = Registry::start("");
    let home = TempDir::new().unwrap();
    let first = image("");
    let layers = manifest(&nix::build(&first))["layers"].as_array().unwrap().len();
    let to = |tag: &str| registry.destination(&format!("team/python:{tag}"));
    let output = copy(&first, home.path(), &["--insecure", &to("1")]);
    assert_eq!(sent(&output).0, layers);
    // Every layer, and the configuration.
    assert_eq!(registry.uploads(), layers + 1);
    assert_eq!(sent(&copy(&first, home.path(), &["--insecure", &to("1")])), (0, 0));
    assert_eq!(sent(&copy(&first, home.path(), &["--insecure", &to("2")])), (0, 0));
    assert_eq!(registry.uploads(), layers + 1);
    // A file that changes is one small layer, and another configuration.
    let changed = image("files.\"/etc/greeting\".text = \"hi\\n\";");
    let layers_of = |args: &[&str]| {
        let output = Command::new(nix::program("oci-bundle-image")).arg("layers").args(args).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let (old, new) = (nix::build(&first), nix::build(&changed));
    let predicted = layers_of(&[new.to_str().unwrap(), "--against", old.to_str().unwrap()]);
    let (count, bytes) = sent(&copy(&changed, home.path(), &["--insecure", &to("3")]));
    assert_eq!(count, 1);
    assert!(bytes < 10_000, "{bytes}");
    let last = predicted.lines().last().unwrap();
    assert_eq!(last.trim(), format!("{bytes}  bytes in 1 of {layers} layers are what a push sends"));
    assert_eq!(predicted.matches("  there  ").count(), layers - 1, "{predicted}");
    assert_eq!(registry.uploads(), layers + 3);
    // Another client takes it from there.
    let folder = TempDir::new().unwrap();
    let name = format!("127.0.0.1:{}/team/python:3", registry.port);
    podman(folder.path(), &["pull", "--quiet", "--tls-verify=false", &name]);
    let run = ["run", "--rm", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", "--network=none"];
    let args = ["-c", "print(open('/etc/greeting').read(), end='')"];
    assert_eq!(podman(folder.path(), &[&run[..], &[&name], &args].concat()), "hi\n");
    podman(folder.path(), &["rmi", "--all", "--force"]);
}

#[test]
fn a_registry_with_a_password_is_given_it() {
    let folder = TempDir::new().unwrap();
    let htpasswd = folder.path().join("htpasswd");
    // bcrypt of "secret".
    fs::write(&htpasswd, "me:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n").unwrap();
    let registry = Registry::start(&format!("auth: {{htpasswd: {{realm: test, path: {}}}}}\n", htpasswd.display()));
    let small = "(buildContainer { args = [ \"${pkgs.hello}/bin/hello\" ]; }).image";
    let to = registry.destination("hello:1");
    let refused = copy(small, folder.path(), &["--insecure", &to]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("container.image: "), "{said}");
    let authfile = folder.path().join("auth.json");
    // "me:secret" in Base64.
    let host = format!("127.0.0.1:{}", registry.port);
    fs::write(&authfile, serde_json::json!({ "auths": { host: { "auth": "bWU6c2VjcmV0" } } }).to_string()).unwrap();
    let output = copy(small, folder.path(), &["--insecure", "--authfile", authfile.to_str().unwrap(), &to]);
    assert_eq!(sent(&output).0, 3);
}

#[test]
fn an_index_has_an_image_for_each_platform() {
    let images = |pkgs: &str| {
        let of = format!("(mkLib ({pkgs})).buildContainer");
        format!(
            "({of} {{ args = [ \"sh\" ]; checkProgram = false; name = \"sh\"; files.\"/for\".text = \"{pkgs}\"; }}).image"
        )
    };
    let expression = format!(
        "(let inherit (import {}/default.nix {{ inherit pkgs; }}) mkLib; in imageIndex {{
           name = \"team/sh\"; tag = \"1\"; images = [ {} {} ];
         }})",
        nix::repository().display(),
        images("pkgs"),
        images("pkgs.pkgsCross.aarch64-multiplatform")
    );
    let registry = Registry::start("");
    let home = TempDir::new().unwrap();
    let to = registry.destination("team/sh:1");
    let output = copy(&expression, home.path(), &["--insecure", &to]);
    assert_eq!(sent(&output).0, 2);
    let mut command = Command::new("skopeo");
    let raw = command.args(["inspect", "--raw", "--tls-verify=false", &to]).output().unwrap();
    let index: Value = serde_json::from_slice(&raw.stdout).unwrap();
    assert_eq!(index["mediaType"], "application/vnd.oci.image.index.v1+json");
    let platforms: Vec<_> =
        index["manifests"].as_array().unwrap().iter().map(|it| it["platform"].to_string()).collect();
    let wanted =
        [r#"{"architecture":"amd64","os":"linux"}"#, r#"{"architecture":"arm64","os":"linux","variant":"v8"}"#];
    assert_eq!(platforms, wanted);
    for (images, said) in [
        ("[ ]", "container.image: images: found an empty list"),
        ("[ 1 ]", "imageIndex: images[0]: found 1 (an integer), want an image"),
        ("1", "imageIndex: images: found 1 (an integer), want a list of images"),
    ] {
        let found = nix::build_fails(&format!("imageIndex {{ name = \"x\"; images = {images}; }}"));
        assert!(found.contains(said), "{found}");
    }
    let twice = images("pkgs");
    let found = nix::build_fails(&format!(
        "let inherit (import {}/default.nix {{ inherit pkgs; }}) mkLib; in imageIndex {{ name = \"x\"; images = [ {twice} {twice} ]; }}",
        nix::repository().display()
    ));
    assert!(
        found.contains("container.image: images[1]: it is for linux/amd64, as another one of the index is"),
        "{found}"
    );
}

#[test]
fn a_recipe_that_is_served_is_not_collected() {
    // One of its own, which no other test needs.
    let salt = std::process::id();
    let recipe = nix::build(&image(&format!("image.labels.salt = \"{salt}\";")));
    let delete = || nix::nix("nix-store").arg("--delete").arg(&*recipe).output().unwrap();
    let mut serve = Command::new(nix::program("oci-bundle-image"));
    let mut server = serve.arg("serve").arg(&*recipe).stdout(Stdio::piped()).spawn().unwrap();
    let count = server.stdout.as_mut().unwrap().read(&mut [0; 64]).unwrap();
    assert!(count > 0);
    // The recipe is no argument of another process, so it is the open file that keeps it.
    let kept = delete();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(!kept.status.success() && String::from_utf8_lossy(&kept.stderr).contains("still alive"), "{kept:?}");
    let collected = delete();
    assert!(collected.status.success(), "{collected:?}");
}

/// What a server sends back for the lines of a request.
fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A server may hang up on what it does not take.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_registry_of_recipes_answers_as_the_specification_says() {
    let recipe = nix::build(&image(""));
    let mut server = Command::new(nix::program("oci-bundle-image"))
        .arg("serve")
        .arg(&*recipe)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = [0; 64];
    let count = server.stdout.as_mut().unwrap().read(&mut said).unwrap();
    let name = String::from_utf8_lossy(&said[..count]).trim().to_owned();
    let address = name.strip_suffix("/python:latest").unwrap();
    let manifest = manifest(&recipe);
    let layer = &manifest["layers"][0];
    let (digest, size) = (layer["digest"].as_str().unwrap(), layer["size"].as_u64().unwrap());
    let get = |method: &str, path: &str, more: &str| {
        ask(address, &format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{more}\r\n"))
    };
    for (method, path, more, wanted) in [
        ("GET", "/v2/", "", "HTTP/1.1 200 OK"),
        ("GET", "/v2/python/tags/list", "", "{\"name\":\"python\",\"tags\":[\"latest\"]}"),
        ("GET", "/v2/python/manifests/latest", "", "application/vnd.oci.image.manifest.v1+json"),
        ("HEAD", "/v2/python/manifests/latest", "", "docker-content-digest: sha256:"),
        ("GET", "/v2/python/manifests/none", "", "\"MANIFEST_UNKNOWN\""),
        ("GET", "/v2/other/manifests/latest", "", "HTTP/1.1 404 Not Found"),
        ("GET", "/v2/python/blobs/sha256:0", "", "\"DIGEST_INVALID\""),
        ("GET", "/etc/passwd", "", "HTTP/1.1 404 Not Found"),
        ("POST", "/v2/python/blobs/uploads/", "Content-Length: 0\r\n", "HTTP/1.1 405 Method Not Allowed"),
        ("DELETE", "/v2/python/manifests/latest", "", "allow: GET, HEAD"),
    ] {
        let answer = get(method, path, more);
        assert!(answer.contains(wanted), "{method} {path}: {answer}");
    }
    let blob = format!("/v2/python/blobs/{digest}");
    let head = get("HEAD", &blob, "");
    assert!(head.contains(&format!("content-length: {size}\r\n")) && head.ends_with("\r\n\r\n"), "{head}");
    let part = get("GET", &blob, &format!("Range: bytes={}-\r\n", size - 10));
    assert!(
        part.starts_with("HTTP/1.1 206 Partial Content")
            && part.contains(&format!("content-range: bytes {}-{}/{size}", size - 10, size - 1)),
        "{part}"
    );
    let far = get("GET", &blob, &format!("Range: bytes={size}-\r\n"));
    assert!(far.starts_with("HTTP/1.1 416 "), "{far}");
    // A page of another name, and what is no request at all.
    let foreign = ask(address, "GET /v2/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert!(foreign.starts_with("HTTP/1.1 421 Misdirected Request"), "{foreign}");
    assert!(ask(address, "\u{16}\u{3}\u{1} not http\r\n\r\n").starts_with("HTTP/1.1 400 Bad Request"));
    // Who hangs up takes nothing from the others.
    for _ in 0..20 {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(format!("GET {blob} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).unwrap();
        drop(stream);
    }
    let whole: Value =
        serde_json::from_str(get("GET", "/v2/python/manifests/latest", "").split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(whole, manifest);
    assert_eq!(get("GET", &blob, "Range: bytes=0-\r\n").split_once("\r\n").unwrap().0, "HTTP/1.1 200 OK");
    server.kill().unwrap();
    server.wait().unwrap();
}
