//! The runtime spec's own JSON schema, as Debian's package has it.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

use crate::schema::json_schema::Schema;
use crate::support::nix;

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

/// A JSON file.
pub fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}
