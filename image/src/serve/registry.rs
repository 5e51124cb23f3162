//! What a registry answers, as values.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::digest::Digest;
use crate::documents::Documents;
use crate::manifest::{CONFIG, Document, INDEX, MANIFEST};
use crate::recipe::{Recipe, RecipeLayer};

/// Images by their names.
#[derive(Debug)]
pub struct Registry {
    images: Vec<Image>,
}

#[derive(Debug)]
struct Image {
    repository: String,
    recipe: Recipe,
    documents: Documents,
}

/// An answer to a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<'r> {
    /// It is a registry of version 2.
    Base,
    /// A manifest or a configuration, with its type.
    Document(&'r Document, &'static str),
    /// A layer of an image; the number of the image, and that of the layer.
    Layer(usize, usize),
    /// Something that is made for the answer, with its type.
    Made(Value, &'static str),
    /// There is none, with the code of the specification (spec.md, "Error Codes").
    None(&'static str),
}

/// The repository of an image: its name without a host.
pub fn repository(name: &str) -> &str {
    match name.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => rest,
        _ => name,
    }
}

impl Registry {
    /// Of these images.
    ///
    /// # Errors
    /// Two have the same name and tag.
    pub fn new(recipes: Vec<Recipe>) -> Result<Self> {
        let mut names = BTreeSet::new();
        let mut images = Vec::new();
        for recipe in recipes {
            let repository = repository(&recipe.name).to_owned();
            if !names.insert((repository.clone(), recipe.tag.clone())) {
                bail!("two images are called {repository}:{}; give one another tag, image.tag", recipe.tag);
            }
            let documents = recipe.documents(recipe.compression);
            images.push(Image { repository, recipe, documents });
        }
        Ok(Self { images })
    }

    /// A layer, by its image's number and its own.
    pub fn layer(&self, image: usize, layer: usize) -> (&Recipe, &RecipeLayer) {
        let recipe = &self.images[image].recipe;
        (recipe, &recipe.layers[layer])
    }

    /// What there is at a path.
    pub fn answer(&self, path: &str) -> Answer<'_> {
        let Some(rest) = path.strip_prefix("/v2") else { return Answer::None("UNSUPPORTED") };
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        if rest.is_empty() {
            return Answer::Base;
        }
        if let Some(name) = rest.strip_suffix("/tags/list") {
            return self.tags(name);
        }
        if let Some((name, reference)) = rest.rsplit_once("/manifests/") {
            return self.manifest(name, reference);
        }
        if let Some((name, reference)) = rest.rsplit_once("/blobs/") {
            return self.blob(name, reference);
        }
        if let Some((name, reference)) = rest.rsplit_once("/referrers/") {
            return self.referrers(name, reference);
        }
        Answer::None("UNSUPPORTED")
    }

    fn named<'r>(&'r self, name: &'r str) -> impl Iterator<Item = (usize, &'r Image)> {
        self.images.iter().enumerate().filter(move |(_, image)| image.repository == name)
    }

    fn tags(&self, name: &str) -> Answer<'_> {
        let tags: BTreeSet<_> = self.named(name).map(|(_, image)| image.recipe.tag.as_str()).collect();
        if tags.is_empty() {
            Answer::None("NAME_UNKNOWN")
        } else {
            Answer::Made(json!({ "name": name, "tags": tags }), "application/json")
        }
    }

    fn manifest(&self, name: &str, reference: &str) -> Answer<'_> {
        let digest = reference.parse::<Digest>().ok();
        let is_it = |image: &Image| match &digest {
            Some(digest) => image.documents.manifest.digest == *digest,
            None => image.recipe.tag == reference,
        };
        let found = self.images.iter().find(|image| image.repository == name && is_it(image));
        found.map_or(Answer::None("MANIFEST_UNKNOWN"), |image| Answer::Document(&image.documents.manifest, MANIFEST))
    }

    fn blob(&self, name: &str, reference: &str) -> Answer<'_> {
        let Ok(digest) = reference.parse::<Digest>() else { return Answer::None("DIGEST_INVALID") };
        for (index, image) in self.images.iter().enumerate().filter(|(_, image)| image.repository == name) {
            if image.documents.config.digest == digest {
                return Answer::Document(&image.documents.config, CONFIG);
            }
            if let Some(layer) = image.recipe.layers.iter().position(|layer| layer.blob.digest == digest) {
                return Answer::Layer(index, layer);
            }
        }
        Answer::None("BLOB_UNKNOWN")
    }

    /// Nothing refers to an image here.
    fn referrers(&self, name: &str, reference: &str) -> Answer<'_> {
        if self.named(name).next().is_none() {
            return Answer::None("NAME_UNKNOWN");
        }
        if reference.parse::<Digest>().is_err() {
            return Answer::None("DIGEST_INVALID");
        }
        Answer::Made(json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] }), INDEX)
    }
}

#[cfg(test)]
mod tests;
