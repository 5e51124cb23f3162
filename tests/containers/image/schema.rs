//! The documents of images, against the image specification's own JSON schemas, as Debian's package has them.

use std::fs;

use jsonschema::{Draft, Validator};
use serde_json::Value;
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

#[test]
fn the_schemas_of_the_specification_accept_every_document() {
    let schemas = Schemas::load();
    let [index, manifest, config, layout] =
        ["image-index-schema.json", "image-manifest-schema.json", "config-schema.json", "image-layout-schema.json"]
            .map(|name| schemas.validator(name));
    // They refuse what is wrong, or all of this would prove nothing.
    assert!(!manifest.is_valid(&serde_json::json!({ "schemaVersion": 2, "layers": [] })));
    assert!(!config.is_valid(&serde_json::json!({ "architecture": 1 })));
    for more in [
        "",
        "image.compression = \"gzip\";",
        "image.compression = \"none\"; image.maxLayers = 2;",
        "image = { created = \"2026-01-31T23:59:59Z\"; author = \"ä\"; labels = { \"\\\"\" = \"\"; a = \"ü\\n\"; }; annotations.b = \"c\"; };",
        "ports = [ 1 65535 \"53/udp\" \"9/sctp\" ]; volumes = [ \"/\" \"/a/b\" ]; stopSignal = \"SIGRTMIN+3\";",
        "env = { A = \"=\"; B = \"\"; }; user = { }; cwd = \"/\"; image.entrypoint = 0;",
        "readonly = true; mounts.\"/data\" = \"/srv\"; hostname = \"h\"; terminal = true; seccomp = null; image.entrypoint = 99;",
    ] {
        let recipe = nix::build(&image(more));
        let read = |file: &str| -> Value { serde_json::from_slice(&fs::read(recipe.join(file)).unwrap()).unwrap() };
        let found_index = read("index.json");
        let found_manifest = blob(&recipe, &found_index["manifests"][0]);
        let found_config = blob(&recipe, &found_manifest["config"]);
        for (validator, document) in [
            (&index, &found_index),
            (&manifest, &found_manifest),
            (&config, &found_config),
            (&layout, &read("oci-layout")),
        ] {
            let errors: Vec<_> = validator.iter_errors(document).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{more}: {errors:?}: {document}");
        }
    }
}
