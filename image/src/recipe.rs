//! A recipe: what an image consists of, without the bytes of its layers.
//!
//! On disk it is an image layout (image-spec, image-layout.md) that lacks the layers, with `recipe.json` beside it, which says what they
//! are made of. It names the store paths, so Nix keeps them for as long as the recipe.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use camino::Utf8Path;
use oci_bundle_builder::plan::ContainerPlan;
use oci_bundle_builder::plan::derivation::closure::Closure;
use oci_bundle_builder::plan::file;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::blob::LayerBlob;
use crate::compression::Compression;
use crate::config::{Platform, config};
use crate::documents::{self, Documents};
use crate::layer::{FileEntry, Grouping, Layer, group};
use crate::manifest::{self, Document, Parts, Reference};
use crate::options::ImageOptions;

/// The version of the file.
const VERSION: u32 = 1;

/// The file.
const FILE: &str = "recipe.json";

/// More than any recipe takes: 1 MiB for 1 000 store paths.
const LARGEST: u64 = 256 << 20;

/// A recipe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipe {
    version: u32,
    /// What the bytes were made with.
    encoder: String,
    /// How layers are compressed.
    pub compression: Compression,
    /// The name of the image.
    pub name: String,
    /// Its tag.
    pub tag: String,
    /// What it is for.
    pub platform: Platform,
    /// The configuration, as it is in the image.
    pub config: String,
    /// Annotations of the manifest.
    pub annotations: Value,
    /// Whether layers have the annotations of nix-snapshotter.
    nix_snapshotter: bool,
    /// The layers, the lowest first.
    pub layers: Vec<RecipeLayer>,
}

/// A layer of a recipe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipeLayer {
    /// What is in it.
    #[serde(flatten)]
    pub layer: Layer,
    /// What is known of its bytes.
    #[serde(flatten)]
    pub blob: LayerBlob,
}

impl Recipe {
    /// Plans the layers of a container, and makes their bytes once, to know their digests.
    ///
    /// # Errors
    /// What cannot be read, or a name that no image can have.
    pub fn new(plan: &ContainerPlan<'_>, options: &ImageOptions, system: &str) -> Result<Self> {
        let layers = layers(plan, options)?;
        let make = |layer: Layer| {
            let (blob, _) = LayerBlob::write(&layer, options.compression, io::sink())?;
            Ok((layer, blob))
        };
        // The largest come first, so that no long one is begun last.
        let layers: Vec<_> = layers.into_par_iter().with_max_len(1).map(make).collect::<Result<_>>()?;
        let platform = Platform::new(system);
        let config = config(&plan.config, options, &platform, &layers);
        Ok(Self {
            version: VERSION,
            encoder: options.compression.encoder(),
            compression: options.compression,
            name: options.name.clone(),
            tag: options.tag.clone(),
            platform,
            config: config.to_string(),
            annotations: json!(options.annotations),
            nix_snapshotter: options.nix_snapshotter,
            layers: layers.into_iter().map(|(layer, blob)| RecipeLayer { layer, blob }).collect(),
        })
    }

    /// Reads it from its directory.
    ///
    /// # Errors
    /// It is not there, is none, or was made by another version.
    pub fn read(directory: &Utf8Path) -> Result<Self> {
        let file = directory.join(FILE);
        let text = read_if_there(&file)?.with_context(|| {
            format!("there is no '{file}'; want a recipe, such as ./result of nix build .#container.image")
        })?;
        let recipe: Self = serde_json::from_str(&text).with_context(|| format!("'{file}' is no recipe"))?;
        ensure!(
            recipe.version == VERSION,
            "'{file}' is of version {}, and this program makes images of version {VERSION}; use the oci-bundle-image that has made it",
            recipe.version
        );
        let encoder = recipe.compression.encoder();
        if recipe.encoder != encoder {
            bail!(
                "'{file}' was made with {}, and this program has {encoder}, which makes other bytes; use the oci-bundle-image that \
                 has made it",
                recipe.encoder
            );
        }
        recipe
            .layers
            .iter()
            .try_for_each(|layer| layer.layer.ensure_in_store())
            .with_context(|| format!("'{file}'"))?;
        Ok(recipe)
    }

    /// Holds it: for as long as its file is open, Nix collects neither it nor what it is made of (Nix manual, `nix-store --gc`).
    ///
    /// # Errors
    /// It is not there.
    pub fn hold(directory: &Utf8Path) -> Result<File> {
        let file = directory.join(FILE);
        File::open(&file).with_context(|| format!("opening '{file}'"))
    }

    /// Writes it into the new directory. If that fails, nothing is left of it.
    ///
    /// # Errors
    /// What cannot be written.
    pub fn write(&self, directory: &Utf8Path) -> Result<()> {
        fs::create_dir(directory).with_context(|| format!("making the directory '{directory}'"))?;
        let written = self.write_into(directory);
        if written.is_err() {
            let _ = fs::remove_dir_all(directory);
        }
        written
    }

    fn write_into(&self, directory: &Utf8Path) -> Result<()> {
        documents::write(&self.documents(self.compression).files(), directory.as_std_path())?;
        let text = serde_json::to_string_pretty(self).context("serialising the recipe")? + "\n";
        let file = directory.join(FILE);
        fs::write(&file, text).with_context(|| format!("writing '{file}'"))
    }

    /// The documents of the image with its layers compressed in this way: in the recipe's own, or not at all.
    pub fn documents(&self, compression: Compression) -> Documents {
        let config = Document::from_bytes(self.config.clone().into_bytes());
        let layers: Vec<_> =
            self.layers.iter().map(|layer| (&layer.blob, self.layer_annotations(&layer.layer))).collect();
        let parts = Parts { config: &config, layers: &layers, compression };
        let manifest = manifest::manifest(parts, &self.annotations);
        let reference = Reference { name: &self.name, tag: &self.tag };
        let index = manifest::index(&manifest, &self.platform, compression, reference);
        Documents { index: Document::new(&index), manifest, config }
    }

    /// What nix-snapshotter reads of a layer (its `pkg/nix/snapshotter.go`): the store paths that it mounts over what the layer has.
    fn layer_annotations(&self, layer: &Layer) -> Value {
        if !self.nix_snapshotter || layer.paths.is_empty() {
            return Value::Null;
        }
        let mut annotations = json!({ "containerd.io/snapshot/nix-layer": "true" });
        for (number, path) in layer.paths.iter().enumerate() {
            annotations[format!("containerd.io/snapshot/nix-store-path.{number}")] = json!(path);
        }
        annotations
    }

    /// Whether a store path is there.
    ///
    /// # Errors
    /// One is not.
    pub fn ensure_store_paths(&self) -> Result<()> {
        let paths = self.layers.iter().flat_map(|layer| &layer.layer.paths);
        match paths.into_iter().find(|path| fs::symlink_metadata(path).is_err()) {
            Some(gone) => bail!("the store path '{}' is gone; build the image again", gone.display()),
            None => Ok(()),
        }
    }
}

/// The text of a file of a recipe, if it is there.
///
/// # Errors
/// It cannot be read, or is larger than any recipe.
pub fn read_if_there(file: &Utf8Path) -> Result<Option<String>> {
    match fs::symlink_metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        _ => file::read_text(file.as_std_path(), LARGEST).map(Some),
    }
}

/// The layers: groups of store paths, then what is made beside them.
fn layers(plan: &ContainerPlan<'_>, options: &ImageOptions) -> Result<Vec<Layer>> {
    let closure = plan.closure();
    let explicit = options.layers.iter().map(|paths| names(paths, closure)).collect::<Result<_>>()?;
    let most = usize::try_from(options.max_layers).unwrap_or(usize::MAX).saturating_sub(1);
    let groups = group(closure, &Grouping { most, explicit });
    let mut layers: Vec<_> =
        groups.into_iter().map(|(reason, paths)| Layer { reason, paths, files: Vec::new() }).collect();
    let files = plan.entries().map(|entry| FileEntry::new(&entry, plan)).filter_map(Result::transpose);
    let files = files.collect::<Result<Vec<_>>>()?;
    if !files.is_empty() || layers.is_empty() {
        layers.push(Layer { reason: "contents, files and directories".to_owned(), paths: Vec::new(), files });
    }
    Ok(layers)
}

/// The names of store paths that the user wants together.
fn names(paths: &[String], closure: &Closure) -> Result<std::collections::BTreeSet<String>> {
    let name = |path: &String| {
        let found = Path::new(path).strip_prefix(closure.store_dir().to_path()).ok().and_then(Path::to_str);
        match found.filter(|_| closure.has(Path::new(path))) {
            Some(name) => Ok(name.split('/').next().unwrap_or_default().to_owned()),
            None => bail!("image.layers: '{path}' is not a store path of the container; want a package that it has"),
        }
    };
    paths.iter().map(name).collect()
}
