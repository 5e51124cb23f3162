//! The documents of images, against the image specification's own JSON schemas, as Debian's package has them.

use std::fs;
use std::path::Path;
use std::process::Command;

use jsonschema::{Draft, Validator};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::recipe::{blob, image};
use crate::support::nix;

/// The schemas, in a folder where they find each other.
struct Schemas(TempDir);

impl Schemas {
    fn load() -> Self {
        let from = nix::build("pkgs.image-spec-schemas").join("share/image-spec");
        let folder = TempDir::new().unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let mut schema: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            forget_ids(&mut schema);
            fs::write(folder.path().join(path.file_name().unwrap()), schema.to_string()).unwrap();
        }
        Self(folder)
    }

    fn validator(&self, name: &str) -> Validator {
        let schema = serde_json::from_slice(&fs::read(self.0.path().join(name)).unwrap()).unwrap();
        let base = format!("file://{}/", self.0.path().display());
        jsonschema::options().with_draft(Draft::Draft4).with_base_uri(base).build(&schema).unwrap()
    }
}

/// They name places where nothing is.
fn forget_ids(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.remove("$schema");
            if members.get("id").is_some_and(Value::is_string) {
                members.remove("id");
            }
            members.values_mut().for_each(forget_ids);
        }
        Value::Array(elements) => elements.iter_mut().for_each(forget_ids),
        _ => {}
    }
}

/// A validator for each kind of document.
struct Validators {
    index: Validator,
    manifest: Validator,
    config: Validator,
    layout: Validator,
}

impl Validators {
    fn load() -> Self {
        let schemas = Schemas::load();
        let [index, manifest, config, layout] =
            ["image-index-schema.json", "image-manifest-schema.json", "config-schema.json", "image-layout-schema.json"]
                .map(|name| schemas.validator(name));
        // They refuse what is wrong, or all of this would prove nothing.
        assert!(!manifest.is_valid(&json!({ "schemaVersion": 2, "layers": [] })));
        assert!(!config.is_valid(&json!({ "architecture": 1 })));
        Self { index, manifest, config, layout }
    }

    /// What is wrong with the documents of a recipe.
    fn errors(&self, recipe: &Path) -> Vec<String> {
        let read = |file: &str| -> Value { serde_json::from_slice(&fs::read(recipe.join(file)).unwrap()).unwrap() };
        let index = read("index.json");
        let manifest = blob(recipe, &index["manifests"][0]);
        let config = blob(recipe, &manifest["config"]);
        let documents = [
            (&self.index, index),
            (&self.manifest, manifest),
            (&self.config, config),
            (&self.layout, read("oci-layout")),
        ];
        let of_document = |(validator, document): &(&Validator, Value)| {
            validator.iter_errors(document).map(|error| format!("{error}: {document}")).collect::<Vec<_>>()
        };
        documents.iter().flat_map(of_document).collect()
    }
}

#[test]
fn the_schemas_of_the_specification_accept_every_document() {
    let validators = Validators::load();
    for more in [
        "",
        "image.compression = \"gzip\";",
        "image.compression = \"none\"; image.maxLayers = 2;",
        "image = { created = \"2026-01-31T23:59:59Z\"; author = \"ä\"; labels = { \"\\\"\" = \"\"; a = \"ü\\n\"; }; annotations.b = \"c\"; };",
        "ports = [ 1 65535 \"53/udp\" \"9/sctp\" ]; volumes = [ \"/\" \"/a/b\" ]; stopSignal = \"SIGRTMIN+3\";",
        "env = { A = \"=\"; B = \"\"; }; user = { }; cwd = \"/\"; image.entrypoint = 0;",
        "readonly = true; mounts.\"/data\" = \"/srv\"; hostname = \"h\"; terminal = true; seccomp = null; image.entrypoint = 99;",
    ] {
        let errors = validators.errors(&nix::build(&image(more)));
        assert!(errors.is_empty(), "{more}: {errors:?}");
    }
}

/// Any text that Nix can have: it has no NUL.
fn text() -> impl Strategy<Value = String> {
    "[^\\x00]{0,12}"
}

fn texts() -> impl Strategy<Value = Value> {
    btree_map("[^\\x00]{1,12}", text(), 0..4).prop_map(|texts| json!(texts))
}

/// The argument `image`.
fn image_argument() -> impl Strategy<Value = Value> {
    let created =
        (0..10_000_u32, 1..=12_u32, 1..=28_u32, 0..24_u32, 0..60_u32).prop_map(|(year, month, day, hour, minute)| {
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:59Z")
        });
    let name = "(registry[.]example:5000/)?[a-z0-9]{1,8}([-._/][a-z0-9]{1,8}){0,3}";
    let about = (option::of(name), option::of("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"), option::of(created));
    let how = (option::of(select(vec!["zstd", "gzip", "none"])), option::of(2..=127_u32), option::of(0..9_u32));
    let texts = (option::of(texts()), option::of(texts()), option::of(text()), option::of(any::<bool>()));
    (about, how, texts).prop_map(|((name, tag, created), (compression, layers, entrypoint), texts)| {
        let (labels, annotations, author, nix_snapshotter) = texts;
        given(json!({
            "name": name, "tag": tag, "created": created, "compression": compression, "maxLayers": layers,
            "entrypoint": entrypoint, "labels": labels, "annotations": annotations, "author": author,
            "nixSnapshotter": nix_snapshotter,
        }))
    })
}

/// What only images use.
fn of_images() -> impl Strategy<Value = Value> {
    let port = prop_oneof![
        (1..=u16::MAX).prop_map(|port| json!(port)),
        (1..=u16::MAX, select(vec!["", "/tcp", "/udp", "/sctp"])).prop_map(|(port, end)| json!(format!("{port}{end}"))),
    ];
    let signal = prop_oneof!["SIG(TERM|HUP|RTMIN[+][1-9]|RTMAX-[1-9])", (1..=64_u8).prop_map(|it| it.to_string())];
    let volumes = vec("(/[a-zA-Z0-9 ä]{1,8}){1,3}", 0..4);
    (option::of(image_argument()), option::of(vec(port, 0..4)), option::of(signal), option::of(volumes)).prop_map(
        |(image, ports, signal, volumes)| {
            given(json!({ "image": image, "ports": ports, "stopSignal": signal, "volumes": volumes }))
        },
    )
}

/// What bundles use as well.
fn container() -> impl Strategy<Value = Value> {
    let env = btree_map("[A-Z_][A-Z0-9_]{0,8}", text(), 0..4);
    let user = (any::<u16>(), any::<u16>()).prop_map(|(uid, gid)| json!({ "uid": uid, "gid": gid }));
    let args = ("[^\\x00/]{1,12}", vec(text(), 0..4));
    let cwd = "(/[a-zA-Z0-9 ä]{1,8}){1,3}";
    let file = option::of(text());
    (args, env, option::of(user), option::of(cwd), file).prop_map(|((program, rest), env, user, cwd, file)| {
        let files = file.map(|text| json!({ "/etc/file": { "text": text } }));
        let args = [vec![program], rest].concat();
        given(json!({ "args": args, "env": env, "user": user, "cwd": cwd, "files": files, "checkProgram": false }))
    })
}

/// Without what nobody has given.
fn given(mut attributes: Value) -> Value {
    attributes.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    attributes
}

/// The program runs as Nix would run it. The seed is the same each time, and so are the definitions.
#[test]
fn the_schemas_accept_the_documents_of_generated_definitions() {
    let validators = Validators::load();
    let program = nix::program("oci-bundle-image");
    let config = ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let system = select(vec!["x86_64-linux", "aarch64-linux", "armv7l-linux", "i686-linux", "riscv64-linux"]);
    let checked = runner.run(&(container(), of_images(), system), |(container, image, system)| {
        let folder = TempDir::new().unwrap();
        let (attrs, out) = (folder.path().join("attrs.json"), folder.path().join("out"));
        let document = json!({
            "name": "generated-image", "containerName": "generated", "hostSystem": system,
            "container": container, "image": image, "outputs": { "out": out },
        });
        fs::write(&attrs, document.to_string()).unwrap();
        let mut command = Command::new(&program);
        let output = command.arg("build").env_clear().env("NIX_ATTRS_JSON_FILE", &attrs).output().unwrap();
        prop_assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let errors = validators.errors(&out);
        prop_assert!(errors.is_empty(), "{errors:?}");
        Ok(())
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}
