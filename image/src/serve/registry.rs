//! What a registry answers, as values.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::digest::Digest;
use crate::manifest::{CONFIG, Document, INDEX, MANIFEST};
use crate::recipe::{Recipe, RecipeLayer};
use crate::source::Source;

/// Images by their names.
#[derive(Debug)]
pub struct Registry {
    sources: Vec<Source>,
}

/// Which layer it is, by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerPlace {
    source: usize,
    image: usize,
    layer: usize,
}

/// An answer to a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<'r> {
    /// It is a registry of version 2.
    Base,
    /// A manifest or a configuration, with its type.
    Document(&'r Document, &'static str),
    /// A layer of an image.
    Layer(LayerPlace),
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
    /// Of these images and indexes.
    ///
    /// # Errors
    /// Two have the same name and tag.
    pub fn new(sources: Vec<Source>) -> Result<Self> {
        let mut names = BTreeSet::new();
        for source in &sources {
            let repository = repository(&source.name);
            if !names.insert((repository, source.tag.as_str())) {
                bail!("two images are called {repository}:{}; give one another tag, image.tag", source.tag);
            }
        }
        Ok(Self { sources })
    }

    /// A layer.
    pub fn layer(&self, place: LayerPlace) -> (&Recipe, &RecipeLayer) {
        let (recipe, _) = &self.sources[place.source].images[place.image];
        (recipe, &recipe.layers[place.layer])
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

    fn has(&self, name: &str) -> bool {
        self.sources.iter().any(|source| repository(&source.name) == name)
    }

    fn tags(&self, name: &str) -> Answer<'_> {
        let of_name = self.sources.iter().filter(|source| repository(&source.name) == name);
        let tags: BTreeSet<_> = of_name.map(|source| source.tag.as_str()).collect();
        if tags.is_empty() {
            return Answer::None("NAME_UNKNOWN");
        }
        Answer::Made(json!({ "name": name, "tags": tags }), "application/json")
    }

    fn manifest(&self, name: &str, reference: &str) -> Answer<'_> {
        let digest = reference.parse::<Digest>().ok();
        for source in self.sources.iter().filter(|source| repository(&source.name) == name) {
            let is_top = digest.as_ref().map_or(source.tag == reference, |digest| source.top.digest == *digest);
            if is_top {
                return Answer::Document(&source.top, source.media_type());
            }
            let found = source.images.iter().find(|(_, documents)| Some(&documents.manifest.digest) == digest.as_ref());
            if let Some((_, documents)) = found {
                return Answer::Document(&documents.manifest, MANIFEST);
            }
        }
        Answer::None("MANIFEST_UNKNOWN")
    }

    fn blob(&self, name: &str, reference: &str) -> Answer<'_> {
        let Ok(digest) = reference.parse::<Digest>() else { return Answer::None("DIGEST_INVALID") };
        for (source, found) in self.sources.iter().enumerate().filter(|(_, source)| repository(&source.name) == name) {
            for (image, (recipe, documents)) in found.images.iter().enumerate() {
                if documents.config.digest == digest {
                    return Answer::Document(&documents.config, CONFIG);
                }
                if let Some(layer) = recipe.layers.iter().position(|layer| layer.blob.digest == digest) {
                    return Answer::Layer(LayerPlace { source, image, layer });
                }
            }
        }
        Answer::None("BLOB_UNKNOWN")
    }

    /// Nothing refers to an image here.
    fn referrers(&self, name: &str, reference: &str) -> Answer<'_> {
        if !self.has(name) {
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
