//! The manifest and the index of an image (image-spec, manifest.md and image-index.md).

use serde_json::{Value, json};

use crate::blob::LayerBlob;
use crate::compression::Compression;
use crate::config::Platform;
use crate::digest::Digest;

/// The types of what is not a layer (image-spec, media-types.md).
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Of an index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Of a configuration.
pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// A document as a blob: its bytes are what its digest is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Their digest.
    pub digest: Digest,
}

impl Document {
    /// Of a value, whose members are sorted.
    pub fn new(value: &Value) -> Self {
        Self::from_bytes(value.to_string().into_bytes())
    }

    /// Of bytes that were made before.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        let digest = Digest::new(&bytes);
        Self { bytes, digest }
    }

    /// A descriptor of it (image-spec, descriptor.md).
    pub fn descriptor(&self, media_type: &str) -> Value {
        json!({ "mediaType": media_type, "digest": self.digest, "size": self.bytes.len() })
    }
}

/// What a manifest names.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'p> {
    /// The configuration.
    pub config: &'p Document,
    /// The layers, the lowest first, each with its annotations.
    pub layers: &'p [(&'p LayerBlob, Value)],
    /// How they are compressed.
    pub compression: Compression,
}

/// The manifest.
pub fn manifest(parts: Parts<'_>, annotations: &Value) -> Document {
    let Parts { config, layers, compression } = parts;
    let layers = layers.iter().map(|(layer, annotations)| {
        let (digest, size) = match compression {
            Compression::None => (&layer.diff_id, layer.archive_size),
            _ => (&layer.digest, layer.size),
        };
        let mut descriptor = json!({ "mediaType": compression.media_type(), "digest": digest, "size": size });
        if !annotations.is_null() {
            descriptor["annotations"] = annotations.clone();
        }
        descriptor
    });
    let mut manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.descriptor(CONFIG),
        "layers": layers.collect::<Vec<_>>(),
    });
    if annotations.as_object().is_some_and(|annotations| !annotations.is_empty()) {
        manifest["annotations"] = annotations.clone();
    }
    Document::new(&manifest)
}

/// How an image is called.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'r> {
    /// The name in a registry.
    pub name: &'r str,
    /// The tag.
    pub tag: &'r str,
}

/// The index of a layout with one image (image-spec, image-layout.md, "index.json file").
pub fn index(manifest: &Document, platform: &Platform, compression: Compression, reference: Reference<'_>) -> Value {
    let mut descriptor = manifest.descriptor(MANIFEST);
    descriptor["platform"] = platform.document();
    descriptor["annotations"] = json!({
        "org.opencontainers.image.ref.name": reference.tag,
        // What containerd calls it (ctr images import).
        "io.containerd.image.name": full_name(reference),
    });
    if compression == Compression::Zstd {
        // Without it, copying all images of an index changes it (containers/image, "zstd:chunked").
        descriptor["annotations"]["io.github.containers.compression.zstd"] = json!("true");
    }
    json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor] })
}

/// The name with its host, which is Docker's registry if it has none, as containerd wants it.
pub fn full_name(Reference { name, tag }: Reference<'_>) -> String {
    let first = name.split('/').next().unwrap_or_default();
    let has_host = name.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    match (has_host, name.contains('/')) {
        (true, _) => format!("{name}:{tag}"),
        (false, true) => format!("docker.io/{name}:{tag}"),
        (false, false) => format!("docker.io/library/{name}:{tag}"),
    }
}
