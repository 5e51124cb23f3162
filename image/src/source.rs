//! What a registry has under one name: an image, or an index of images for several platforms.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::compression::Compression;
use crate::digest::Digest;
use crate::documents::{self, Documents, INDEX_FILE, VERSION, VERSION_FILE, blob_path};
use crate::manifest::{Document, INDEX, MANIFEST, Reference, full_name};
use crate::recipe::{Recipe, RecipeLayer, read_if_there};

/// The file of an index.
const FILE: &str = "index-recipe.json";

/// The version of the file.
const RECIPE_VERSION: u32 = 1;

/// Several images under one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexRecipe {
    version: u32,
    /// The name of the image.
    pub name: String,
    /// Its tag.
    pub tag: String,
    /// The recipes.
    pub recipes: Vec<Utf8PathBuf>,
}

impl IndexRecipe {
    /// Of these recipes.
    pub fn new(name: String, tag: String, recipes: Vec<Utf8PathBuf>) -> Self {
        Self { version: RECIPE_VERSION, name, tag, recipes }
    }

    /// Writes it into the new directory, with the index and all documents of the images. If that fails, nothing is left of it.
    ///
    /// # Errors
    /// A recipe that cannot be read, two for the same platform, or what cannot be written.
    pub fn write(&self, directory: &Utf8Path) -> Result<()> {
        let source = Source::from_index(self)?;
        fs::create_dir(directory).with_context(|| format!("making the directory '{directory}'"))?;
        let text = serde_json::to_string_pretty(self).context("serialising the recipe")? + "\n";
        let file = directory.join(FILE);
        let written = documents::write(&source.files(), directory.as_std_path())
            .and_then(|()| fs::write(&file, text).with_context(|| format!("writing '{file}'")));
        if written.is_err() {
            let _ = fs::remove_dir_all(directory);
        }
        written
    }
}

/// An image or an index, with all that a registry answers about it.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name, which may have a host.
    pub name: String,
    /// The tag.
    pub tag: String,
    /// What the tag leads to.
    pub top: Document,
    /// Whether that is an index.
    pub is_index: bool,
    /// The images.
    pub images: Vec<(Recipe, Documents)>,
    /// How their layers are compressed, where that is not as each recipe says.
    compression: Option<Compression>,
}

impl Source {
    /// Reads a recipe of either kind.
    ///
    /// # Errors
    /// There is none, or it was made by another version.
    pub fn read(directory: &Utf8Path) -> Result<Self> {
        let file = directory.join(FILE);
        let Some(text) = read_if_there(&file)? else { return Ok(Self::from_recipe(Recipe::read(directory)?)) };
        let index: IndexRecipe = serde_json::from_str(&text).with_context(|| format!("'{file}' is no recipe"))?;
        ensure!(
            index.version == RECIPE_VERSION,
            "'{file}' is of version {}, want {RECIPE_VERSION}; use the oci-bundle-image that has made it",
            index.version
        );
        Self::from_index(&index)
    }

    /// Holds a recipe of either kind, as [`Recipe::hold`] does.
    ///
    /// # Errors
    /// It is not there.
    pub fn hold(directory: &Utf8Path) -> Result<File> {
        File::open(directory.join(FILE)).or_else(|_| Recipe::hold(directory))
    }

    fn from_recipe(recipe: Recipe) -> Self {
        let (name, tag) = (recipe.name.clone(), recipe.tag.clone());
        Self::new((name, tag), false, vec![recipe], None)
    }

    /// Of images of different platforms, with the name and the tag.
    fn new(
        (name, tag): (String, String),
        is_index: bool,
        recipes: Vec<Recipe>,
        compression: Option<Compression>,
    ) -> Self {
        let with_documents = |recipe: Recipe| {
            let documents = recipe.documents(compression.unwrap_or(recipe.compression));
            (recipe, documents)
        };
        let images: Vec<_> = recipes.into_iter().map(with_documents).collect();
        let descriptor = |(recipe, documents): &(Recipe, Documents)| {
            descriptor(recipe, documents, compression.unwrap_or(recipe.compression))
        };
        let top = match &images[..] {
            [(_, documents)] if !is_index => documents.manifest.clone(),
            _ => {
                let manifests: Vec<_> = images.iter().map(descriptor).collect();
                Document::new(&json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests }))
            }
        };
        Self { name, tag, top, is_index, images, compression }
    }

    /// The same with layers that are not compressed, which other documents describe.
    #[must_use]
    pub fn uncompressed(self) -> Self {
        let recipes = self.images.into_iter().map(|(recipe, _)| recipe).collect();
        Self::new((self.name, self.tag), self.is_index, recipes, Some(Compression::None))
    }

    fn from_index(index: &IndexRecipe) -> Result<Self> {
        let recipes = index.recipes.iter().map(|path| Recipe::read(path)).collect::<Result<Vec<_>>>()?;
        for (number, recipe) in recipes.iter().enumerate() {
            let before = recipes[..number].iter().position(|other| other.platform == recipe.platform);
            ensure!(
                before.is_none(),
                "images[{number}]: it is for {}/{}, as another one of the index is; take one of each platform",
                recipe.platform.os,
                recipe.platform.architecture
            );
        }
        Ok(Self::new((index.name.clone(), index.tag.clone()), true, recipes, None))
    }

    /// The type of what the tag leads to.
    pub fn media_type(&self) -> &'static str {
        if self.is_index { INDEX } else { MANIFEST }
    }

    /// Whether all store paths are there.
    ///
    /// # Errors
    /// One is not.
    pub fn ensure_store_paths(&self) -> Result<()> {
        self.images.iter().try_for_each(|(recipe, _)| recipe.ensure_store_paths())
    }

    /// How many layers there are.
    pub fn layers(&self) -> usize {
        self.images.iter().map(|(recipe, _)| recipe.layers.len()).sum()
    }

    /// The files of a layout that are no layers, by their paths, in the order in which an archive has them.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let of_images = self.images.iter().map(|(_, documents)| documents.files());
        if !self.is_index {
            return of_images.flatten().collect();
        }
        let blobs = of_images.flatten().filter(|(path, _)| path.starts_with("blobs"));
        let first = [
            (VERSION_FILE.into(), VERSION.as_bytes().to_vec()),
            (INDEX_FILE.into(), self.layout_index().to_string().into_bytes()),
            (blob_path(&self.top.digest), self.top.bytes.clone()),
        ];
        let mut seen = BTreeSet::new();
        // Images may have a document in common.
        first.into_iter().chain(blobs).filter(|(path, _)| seen.insert(path.clone())).collect()
    }

    /// The index of a layout, which leads to that of the images.
    fn layout_index(&self) -> Value {
        let mut descriptor = self.top.descriptor(INDEX);
        descriptor["annotations"] = json!({
            "org.opencontainers.image.ref.name": self.tag,
            "io.containerd.image.name": full_name(Reference { name: &self.name, tag: &self.tag }),
        });
        json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor] })
    }

    /// The layers of all images, each blob once.
    pub fn blobs(&self) -> impl Iterator<Item = (&RecipeLayer, Compression, &Digest)> {
        let mut seen = BTreeSet::new();
        self.images
            .iter()
            .flat_map(|(recipe, _)| {
                let compression = self.compression.unwrap_or(recipe.compression);
                recipe.layers.iter().map(move |layer| (layer, compression, layer.blob.digest_with(compression)))
            })
            .filter(move |(.., digest)| seen.insert(*digest))
    }
}

/// An image in an index.
fn descriptor(recipe: &Recipe, documents: &Documents, compression: Compression) -> Value {
    let mut descriptor = documents.manifest.descriptor(MANIFEST);
    descriptor["platform"] = recipe.platform.document();
    if compression == Compression::Zstd {
        // Without it, skopeo changes the index when it copies all of it (containers/image, `manifest/oci_index.go`).
        descriptor["annotations"] = json!({ "io.github.containers.compression.zstd": "true" });
    }
    descriptor
}
