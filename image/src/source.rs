//! What a registry has under one name: an image, or an index of images for several platforms.

use std::fs::{self, File};

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::compression::Compression;
use crate::documents::Documents;
use crate::manifest::{Document, INDEX, MANIFEST};
use crate::recipe::{Recipe, read_if_there};

/// The file of an index.
const FILE: &str = "index-recipe.json";

/// The version of the file.
const VERSION: u32 = 1;

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
        Self { version: VERSION, name, tag, recipes }
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
        let written = source
            .write_documents(directory)
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
            index.version == VERSION,
            "'{file}' is of version {}, want {VERSION}; use the oci-bundle-image that has made it",
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
        let documents = recipe.documents(recipe.compression);
        let (name, tag, top) = (recipe.name.clone(), recipe.tag.clone(), documents.manifest.clone());
        Self { name, tag, top, is_index: false, images: vec![(recipe, documents)] }
    }

    fn from_index(index: &IndexRecipe) -> Result<Self> {
        let read = |path: &Utf8PathBuf| {
            let recipe = Recipe::read(path)?;
            let documents = recipe.documents(recipe.compression);
            Ok((recipe, documents))
        };
        let images = index.recipes.iter().map(read).collect::<Result<Vec<_>>>()?;
        for (number, (recipe, _)) in images.iter().enumerate() {
            let before = images[..number].iter().position(|(other, _)| other.platform == recipe.platform);
            ensure!(
                before.is_none(),
                "images[{number}]: it is for {}/{}, as another one of the index is; take one of each platform",
                recipe.platform.os,
                recipe.platform.architecture
            );
        }
        let manifests: Vec<_> = images.iter().map(|(recipe, documents)| descriptor(recipe, documents)).collect();
        let top = Document::new(&json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests }));
        Ok(Self { name: index.name.clone(), tag: index.tag.clone(), top, is_index: true, images })
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

    /// A layout without layers.
    fn write_documents(&self, directory: &Utf8Path) -> Result<()> {
        for (_, documents) in &self.images {
            documents.write(directory.as_std_path())?;
        }
        let file = directory.join("blobs/sha256").join(self.top.digest.hex());
        fs::write(&file, &self.top.bytes).with_context(|| format!("writing '{file}'"))?;
        let mut descriptor = self.top.descriptor(INDEX);
        descriptor["annotations"] = json!({ "org.opencontainers.image.ref.name": self.tag });
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor] });
        let file = directory.join("index.json");
        fs::write(&file, index.to_string()).with_context(|| format!("writing '{file}'"))
    }
}

/// An image in an index.
fn descriptor(recipe: &Recipe, documents: &Documents) -> Value {
    let mut descriptor = documents.manifest.descriptor(MANIFEST);
    descriptor["platform"] = recipe.platform.document();
    if recipe.compression == Compression::Zstd {
        // Without it, skopeo changes the index when it copies all of it (containers/image, `manifest/oci_index.go`).
        descriptor["annotations"] = json!({ "io.github.containers.compression.zstd": "true" });
    }
    descriptor
}
