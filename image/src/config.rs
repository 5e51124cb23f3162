//! The configuration of an image (image-spec, config.md).

use oci_bundle_builder::plan::runtime_config::RuntimeConfig;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::blob::LayerBlob;
use crate::layer::Layer;
use crate::options::ImageOptions;

/// What an image says of the program, from what the runtime configuration says of it.
///
/// `platform` is the architecture and its variant, as Go names them.
pub fn config(
    runtime: &RuntimeConfig,
    options: &ImageOptions,
    platform: &Platform,
    layers: &[(Layer, LayerBlob)],
) -> Value {
    let process = &runtime["process"];
    let args: Vec<_> = process["args"].as_array().cloned().unwrap_or_default();
    let kept = options.entrypoint.map_or(1, |count| usize::try_from(count).unwrap_or(usize::MAX));
    let of_init = options.run.init.as_ref().map_or(0, |init| init.words().len());
    let fixed = of_init.saturating_add(kept).min(args.len());
    let (entrypoint, command) = args.split_at(fixed);
    let mut program = Map::new();
    let mut set = |name: &str, value: Value| {
        let is_nothing = value.is_null() || value.as_array().is_some_and(Vec::is_empty) || value == json!({});
        if !is_nothing {
            program.insert(name.to_owned(), value);
        }
    };
    set("Entrypoint", json!(entrypoint));
    set("Cmd", json!(command));
    set("Env", process["env"].clone());
    set("User", json!(format!("{}:{}", process["user"]["uid"], process["user"]["gid"])));
    set("WorkingDir", process["cwd"].clone());
    set("ExposedPorts", keys(options.run.ports.iter().map(|port| format!("{}/{}", port.number, port.protocol))));
    set("Volumes", keys(options.run.volumes.iter().map(|volume| volume.path.to_string())));
    set("Labels", json!(options.labels));
    set("StopSignal", json!(options.run.stop_signal));
    let diff_ids: Vec<_> = layers.iter().map(|(_, blob)| blob.diff_id.to_string()).collect();
    let history = layers
        .iter()
        .map(|(layer, _)| json!({ "created": options.created, "created_by": "oci-bundle", "comment": layer.reason }));
    let mut config = json!({
        "created": options.created,
        "architecture": platform.architecture,
        "os": platform.os,
        "config": program,
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
        "history": history.collect::<Vec<_>>(),
    });
    if let Some(variant) = &platform.variant {
        config["variant"] = json!(variant);
    }
    if let Some(author) = &options.author {
        config["author"] = json!(author);
    }
    config
}

/// A set, as Go's JSON has it.
fn keys(names: impl Iterator<Item = String>) -> Value {
    names.map(|name| (name, json!({}))).collect::<Map<_, _>>().into()
}

/// What an image is for (image-spec, image-index.md, `platform`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// The architecture, as Go names it.
    pub architecture: String,
    /// Its variant.
    pub variant: Option<String>,
    /// The operating system.
    pub os: String,
}

impl Platform {
    /// That of a Nix system.
    pub fn new(system: &str) -> Self {
        let (cpu, os) = system.split_once('-').unwrap_or((system, "linux"));
        let (architecture, variant) = match cpu {
            "aarch64" => ("arm64", Some("v8")),
            "armv6l" => ("arm", Some("v6")),
            "armv7l" => ("arm", Some("v7")),
            "i686" => ("386", None),
            "x86_64" => ("amd64", None),
            "loongarch64" => ("loong64", None),
            "powerpc64le" => ("ppc64le", None),
            other => (other, None),
        };
        Self { architecture: architecture.to_owned(), variant: variant.map(str::to_owned), os: os.to_owned() }
    }

    /// As a descriptor has it.
    pub fn document(&self) -> Value {
        let mut document = json!({ "architecture": self.architecture, "os": self.os });
        if let Some(variant) = &self.variant {
            document["variant"] = json!(variant);
        }
        document
    }
}
