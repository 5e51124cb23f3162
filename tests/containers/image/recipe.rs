//! The recipe: what is in it, and what changes it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::nix;

/// A container with a closure of some store paths, a file and a user.
pub const PYTHON: &str = r##"
  buildContainer {
    name = "python";
    args = [ "python3" "-c" "print(6 * 7)" ];
    contents = [ pkgs.python3 pkgs.bash ];
    files."/etc/greeting".text = "hello\n";
    files."/bin/greet" = { text = "#!/bin/sh\ncat /etc/greeting\n"; executable = true; };
    env.LANG = "C.UTF-8";
    user = { uid = 1000; gid = 100; };
    cwd = "/srv";
  }
"##;

/// `container.image` with these arguments as well.
pub fn image(more: &str) -> String {
    format!("(({PYTHON}).override {{ {more} }}).image")
}

fn read(directory: &Path, file: &str) -> Value {
    serde_json::from_slice(&fs::read(directory.join(file)).unwrap()).unwrap()
}

/// A document by its descriptor.
pub fn blob(directory: &Path, descriptor: &Value) -> Value {
    let digest = descriptor["digest"].as_str().unwrap();
    let file = format!("blobs/{}", digest.replace(':', "/"));
    let bytes = fs::read(directory.join(&file)).unwrap();
    assert_eq!(bytes.len() as u64, descriptor["size"].as_u64().unwrap(), "{file}");
    serde_json::from_slice(&bytes).unwrap()
}

/// The manifest of a recipe or layout.
pub fn manifest(directory: &Path) -> Value {
    let index = read(directory, "index.json");
    assert_eq!(read(directory, "oci-layout"), json!({ "imageLayoutVersion": "1.0.0" }));
    blob(directory, &index["manifests"][0])
}

#[test]
fn a_recipe_says_what_an_image_is_and_has_no_layers() {
    let recipe = nix::build(&image(
        r#"image = { tag = "1.0"; author = "me"; labels.a = "b"; annotations.c = "d"; entrypoint = 2; };
           ports = [ 80 "53/udp" ]; volumes = [ "/data" ]; stopSignal = "SIGINT";"#,
    ));
    let manifest = manifest(&recipe);
    assert_eq!(manifest["annotations"], json!({ "c": "d" }));
    let config = blob(&recipe, &manifest["config"]);
    assert_eq!(
        config["config"],
        json!({
            "Entrypoint": ["python3", "-c"],
            "Cmd": ["print(6 * 7)"],
            "Env": ["HOME=/home/user", "LANG=C.UTF-8", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "User": "1000:100",
            "WorkingDir": "/srv",
            "ExposedPorts": { "80/tcp": {}, "53/udp": {} },
            "Volumes": { "/data": {} },
            "Labels": { "a": "b" },
            "StopSignal": "SIGINT",
        })
    );
    assert_eq!(
        (&config["author"], &config["architecture"], &config["os"]),
        (&json!("me"), &json!("amd64"), &json!("linux"))
    );
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), config["rootfs"]["diff_ids"].as_array().unwrap().len());
    // The manifest and the configuration, and nothing else.
    assert_eq!(fs::read_dir(recipe.join("blobs/sha256")).unwrap().count(), 2);
    let references: BTreeSet<_> =
        nix::store(&["--query", "--references", recipe.to_str().unwrap()]).into_iter().collect();
    let closure = nix::build(&format!("({PYTHON}).closure"));
    assert_eq!(references, fs::read_to_string(&closure).unwrap().lines().map(str::to_owned).collect());
}

#[test]
fn an_init_is_what_a_user_of_the_image_keeps() {
    let init = nix::program("catatonit");
    let program = |more: &str| {
        let recipe = nix::build(&image(more));
        let config = blob(&recipe, &manifest(&recipe)["config"]);
        (config["config"]["Entrypoint"].clone(), config["config"]["Cmd"].clone())
    };
    let (print, python) = (json!("print(6 * 7)"), json!("python3"));
    assert_eq!(program("init = true;"), (json!([init, "--", python]), json!(["-c", print])));
    assert_eq!(program("init = true; image.entrypoint = 0;"), (json!([init, "--"]), json!([python, "-c", print])));
    assert_eq!(program("init = true; image.entrypoint = 9;"), (json!([init, "--", python, "-c", print]), json!(null)));
}

#[test]
fn nix_snapshotter_finds_the_store_paths_of_each_layer() {
    assert!(manifest(&nix::build(&image("")))["layers"][0].get("annotations").is_none());
    let recipe = nix::build(&image("image.nixSnapshotter = true;"));
    let document: Value = read(&recipe, "recipe.json");
    let manifest = manifest(&recipe);
    let layers = manifest["layers"].as_array().unwrap();
    for (layer, of_recipe) in layers.iter().zip(document["layers"].as_array().unwrap()) {
        let paths = of_recipe["paths"].as_array().unwrap();
        let annotations = layer.get("annotations").and_then(Value::as_object);
        assert_eq!(annotations.is_some(), !paths.is_empty());
        for (number, path) in paths.iter().enumerate() {
            assert_eq!(annotations.unwrap()[&format!("containerd.io/snapshot/nix-store-path.{number}")], *path);
        }
        assert!(annotations.is_none_or(|found| found["containerd.io/snapshot/nix-layer"] == "true"));
    }
}

#[test]
fn what_an_image_cannot_carry_is_said_and_kept() {
    let expression = image("readonly = true; mounts.\"/data\" = \"/srv\"; config.linux.resources.pids.limit = 9;");
    let output = nix::nix_build(&expression).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    if said.contains("building '") {
        let line = "container.image: warning: an image has no place for config.linux.resources, mounts, readonly: whoever runs it";
        assert!(said.contains(line), "{said}");
    }
    let kept = manifest(&nix::build(&expression))["annotations"]["io.github.oci-bundle.runtime"].clone();
    let kept: Value = serde_json::from_str(kept.as_str().unwrap()).unwrap();
    let wanted = json!({
        "readonly": true,
        "mounts": { "/data": "/srv" },
        "config": { "linux": { "resources": { "pids": { "limit": 9 } } } },
    });
    assert_eq!(kept, wanted);
}

/// No store path is in it, so it is the same with every Nix and on every machine of this architecture.
#[test]
fn the_digest_of_an_image_is_a_contract() {
    for (compression, digest) in [
        ("zstd", "sha256:09c7f392c59bd17c5cbef82504ea97a51e36a94e0185d5c1b1fb76953cf5b5db"),
        ("gzip", "sha256:3093054196a624516ee8b64ac90bf43c28edc1afeb8945846b4f843bbb8df2a7"),
        ("none", "sha256:a409cab8eea1401f22feb88166f550ce16244685766ff86db573ddf8f4ec3135"),
    ] {
        let recipe = nix::build(&format!(
            "(buildContainer {{
               name = \"x\"; args = [ \"x\" ]; checkProgram = false; image.compression = \"{compression}\";
               files.\"/file\".text = \"text\"; ports = [ 80 ];
             }}).image"
        ));
        assert_eq!(read(&recipe, "index.json")["manifests"][0]["digest"], digest, "{compression}");
    }
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    let expression = image("");
    nix::build(&expression);
    for cores in ["1", "2"] {
        let output = nix::nix_build(&expression).args(["--check", "--cores", cores]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn an_image_and_a_bundle_depend_on_their_own_arguments() {
    let derivation =
        |output: &str, more: &str| nix::instantiate(&format!("(({PYTHON}).override {{ {more} }}).{output}"));
    for more in ["image.tag = \"2\";", "image.labels.a = \"b\";"] {
        assert_eq!(derivation("bundle", ""), derivation("bundle", more), "{more}");
        assert_ne!(derivation("image", ""), derivation("image", more), "{more}");
    }
    // A run uses these as well.
    for more in ["ports = [ 80 ];", "volumes = [ \"/x\" ];", "stopSignal = \"SIGINT\";"] {
        assert_ne!(derivation("bundle", ""), derivation("bundle", more), "{more}");
        assert_ne!(derivation("image", ""), derivation("image", more), "{more}");
    }
    for more in ["store = \"mount\";", "keepReferences = true;", "runtime = pkgs.runc;"] {
        assert_eq!(derivation("image", ""), derivation("image", more), "{more}");
    }
    for more in ["image = { };", "image.compression = null;", "ports = [ ];"] {
        assert_eq!(derivation("bundle", ""), derivation("bundle", more), "{more}");
    }
}

#[test]
fn a_mistake_is_one_line() {
    for (more, said) in [
        ("image.tag = \"a b\";", "container.image: image.tag: found the string \"a b\", want at most 128 letters"),
        (
            "image.maxLayers = 200;",
            "container.image: image.maxLayers: found 200 (an integer), want an integer from 2 to 127",
        ),
        (
            "image.created = \"now\";",
            "container.image: image.created: found the string \"now\", want a time of RFC 3339",
        ),
        ("image.layers = [ [ pkgs.curl ] ];", "container.image: image.layers: '/nix/store/"),
        ("image = 1;", "buildContainer: image: found 1 (an integer), want an attribute set"),
        ("ports = 80;", "buildContainer: ports: found 80 (an integer), want a list of ports"),
        (
            "files.\"/etc/.wh.x\".text = \"\";",
            "container.image: '/etc/.wh.x': a name that starts with '.wh.' deletes a file",
        ),
    ] {
        let found = nix::build_fails(&image(more));
        assert!(found.contains(said), "{more}: {found}");
        assert!(!found.contains("panicked"), "{found}");
    }
}
