//! config.json against the runtime spec's own JSON schema.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

use crate::nix;
use crate::spec_schema::Schema;

/// Where Debian's package has it.
fn folder() -> PathBuf {
    nix::build("pkgs.runtime-spec-schemas").join("share/runtime-spec/schema")
}

/// The schema to walk through.
pub fn load() -> Schema {
    Schema::load(&folder())
}

/// The schema to check documents against.
pub fn validator() -> Validator {
    let folder = folder();
    let root = read(&folder.join("config-schema.json"));
    let base = format!("file://{}/", folder.display());
    jsonschema::options().with_base_uri(base).build(&root).unwrap()
}

fn violations(document: &Value) -> Vec<String> {
    validator().iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

#[test]
fn config_json_is_valid_and_has_no_null() {
    for container in [
        r#"buildContainer { args = [ "${pkgs.hello}/bin/hello" ]; }"#,
        r#"buildContainer { checkProgram = false; args = [ "x" ]; os = "linux"; arch = "x86_64"; mounts = { "/a" = "/b"; "/c" = { type = "tmpfs"; options = [ ]; }; "/tmp" = null; }; }"#,
        r#"buildContainer { checkProgram = false; args = [ "x" ]; user = { uid = 1; umask = "022"; }; env.A = "b"; cwd = "/x"; terminal = true; config.linux.resources.pids.limit = 5; }"#,
        r#"example "nginx" { inherit pkgs; }"#,
    ] {
        let file = nix::build(container).join("config.json");
        let document = read(&file);
        assert_eq!(violations(&document), Vec::<String>::new(), "{container}");
        assert!(!fs::read_to_string(file).unwrap().contains("null"), "{container}");
        assert_eq!(document.get("platform"), None);
    }
}

#[test]
fn the_schema_would_notice() {
    let mut document =
        read(&nix::build(r#"buildContainer { checkProgram = false; args = [ "x" ]; }"#).join("config.json"));
    document["mounts"][0]["options"] = Value::Null;
    document["linux"]["namespaces"][0]["type"] = "nothing".into();
    let violations = violations(&document);
    assert_eq!(violations.len(), 2, "{violations:?}");
}
