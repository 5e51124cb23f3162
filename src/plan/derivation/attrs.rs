//! The derivation's structured attributes (Nix manual, "Advanced Attributes": `__structuredAttrs`).

use std::fs;
use std::io::ErrorKind;

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::plan::derivation::closure::Node;

/// What nix/lib/outputs/bundle.nix puts into the derivation of a bundle, and what Nix adds to it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Attrs {
    /// The derivation's name.
    pub name: String,
    /// The Nix system that the container's contents are for.
    #[serde(rename = "hostSystem")]
    pub host_system: String,
    /// The user's arguments, verbatim.
    pub container: Value,
    /// The reference graph of everything in them; not there if no store path is.
    #[serde(default)]
    pub closure: Vec<Node>,
    /// The output paths.
    pub outputs: Outputs,
}

/// What nix/lib/outputs/closure.nix puts into the derivation of a list of a closure.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct ClosureAttrs {
    /// The reference graph; not there if it is empty.
    #[serde(default)]
    pub closure: Vec<Node>,
    /// The output paths.
    pub outputs: Outputs,
}

/// The derivation's outputs; each of them has one.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Outputs {
    /// The path to make.
    pub out: Utf8PathBuf,
}

/// Reads the file that Nix names in `NIX_ATTRS_JSON_FILE`, or `.attrs.json` in the build directory.
///
/// Nix 2.8 with the sandbox on names a path from outside the sandbox, where the file is not.
///
/// # Errors
/// A file that is missing, cannot be read, or is not what nix/lib/outputs/bundle.nix makes.
pub fn read<A: DeserializeOwned>(named: Option<&Utf8Path>, build_dir: Option<&Utf8Path>) -> Result<A> {
    let fallback = build_dir.map(|dir| dir.join(".attrs.json"));
    for file in named.into_iter().chain(fallback.as_deref()) {
        // To read a FIFO would wait for somebody to write to it.
        if fs::metadata(file).is_ok_and(|metadata| !metadata.is_file()) {
            bail!("reading the structured attributes '{file}': it is not a regular file");
        }
        let text = match fs::read_to_string(file) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            text => text.with_context(|| format!("reading the structured attributes '{file}'"))?,
        };
        return decode(&text).with_context(|| {
            format!("the structured attributes '{file}' are not those of a buildContainer derivation")
        });
    }
    bail!(
        "no structured attributes: neither NIX_ATTRS_JSON_FILE nor .attrs.json in NIX_BUILD_TOP is there; \
         'oci-bundle-builder build' is the builder of a derivation, which the Nix function buildContainer makes"
    )
}

/// The attributes in such a file.
///
/// # Errors
/// What is not what nix/lib/outputs/bundle.nix makes.
pub fn decode<A: DeserializeOwned>(text: &str) -> Result<A> {
    let mut decoder = serde_json::Deserializer::from_str(text);
    let attrs = serde_path_to_error::deserialize(&mut decoder)?;
    decoder.end()?;
    Ok(attrs)
}
