//! What the user says of an image: the argument `image`, and those that only images use.

use std::collections::BTreeMap;

use oci_bundle_builder::plan::definition::run_settings::RunSettings;
use oci_bundle_builder::plan::diagnostics::{ArgumentError, Field};
use serde_json::Value;

use crate::compression::Compression;

/// The attributes of `image`.
const ATTRIBUTES: [&str; 11] = [
    "annotations",
    "author",
    "compression",
    "created",
    "entrypoint",
    "labels",
    "layers",
    "maxLayers",
    "name",
    "nixSnapshotter",
    "tag",
];

/// The most layers that a Linux host can mount, with the container's own (overlayfs.rst; Docker's own limit is 127 as well).
pub const MOST_LAYERS: u32 = 127;

/// How many layers there are at most if nobody says.
const DEFAULT_LAYERS: u32 = 100;

/// The time of an image that says none: the one that files have in a Nix store.
const CREATED: &str = "1970-01-01T00:00:01Z";

/// The options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageOptions {
    /// The name in a registry, without a tag.
    pub name: String,
    /// The tag.
    pub tag: String,
    /// When it was made (RFC 3339).
    pub created: String,
    /// How layers are compressed.
    pub compression: Compression,
    /// How many layers there are at most.
    pub max_layers: u32,
    /// Groups of store paths that the user wants together.
    pub layers: Vec<Vec<String>>,
    /// How many of the arguments make the entry point, which a user of the image keeps.
    pub entrypoint: Option<u32>,
    /// Labels of the image's configuration.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the manifest.
    pub annotations: BTreeMap<String, String>,
    /// Who is responsible.
    pub author: Option<String>,
    /// Whether layers have the annotations of nix-snapshotter.
    pub nix_snapshotter: bool,
    /// What of the arguments is in the configuration, and a run uses as well.
    pub run: RunSettings,
}

impl ImageOptions {
    /// Decodes them. `name` is the container's.
    ///
    /// # Errors
    /// The first [`ArgumentError`].
    pub fn decode(arguments: &Value, name: &str) -> Result<Self, ArgumentError> {
        let root = Field::root(arguments);
        let none = Value::Object(serde_json::Map::new());
        let image = match root.get("image")? {
            Some(image) => image,
            None => Field::at(root.path().attribute("image"), &none),
        };
        image.only(&ATTRIBUTES, "attribute of an image")?;
        let text = |name| image.get(name)?.map(|field| field.string().map(str::to_owned)).transpose();
        Ok(Self {
            name: decode_name(&image, name)?,
            tag: decode_tag(&image)?,
            created: decode_created(&image)?,
            compression: decode_compression(&image)?,
            max_layers: decode_max_layers(&image)?,
            layers: decode_layers(&image, decode_max_layers(&image)?)?,
            entrypoint: image.get("entrypoint")?.map(|field| field.unsigned()).transpose()?,
            labels: decode_texts(&image, "labels")?,
            annotations: decode_texts(&image, "annotations")?,
            author: text("author")?,
            nix_snapshotter: image.get("nixSnapshotter")?.map_or(Ok(false), |field| field.boolean())?,
            run: RunSettings::decode(&root)?,
        })
    }
}

/// A name as registries take it (distribution-spec, "Pulling manifests"), with an optional host before it.
fn decode_name(image: &Field<'_>, container: &str) -> Result<String, ArgumentError> {
    const WANT: &str = "a name of small letters and digits, parts of which are separated by '/', '.', '_' or '-', such as \
                        registry.example.org/team/web";
    let Some(field) = image.get("name")? else {
        let name = container.to_lowercase();
        if !is_name(&name) {
            let problem = format!("missing, and the container's name '{container}' is none for an image; want {WANT}");
            return Err(ArgumentError::new(&image.path().attribute("name"), problem));
        }
        return Ok(name);
    };
    let name = field.string()?;
    if name.contains('@') || name.rsplit('/').next().is_some_and(|last| last.contains(':')) {
        return Err(field.unwanted(&format!("{WANT}; the tag is image.tag")));
    }
    if !is_name(name) {
        return Err(field.unwanted(WANT));
    }
    Ok(name.to_owned())
}

fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        let is_alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_inside = |c: char| is_alphanumeric(c) || matches!(c, '.' | '_' | '-');
        part.starts_with(is_alphanumeric)
            && part.ends_with(is_alphanumeric)
            && part.chars().all(is_inside)
            && !["..", "._", "_.", "-.", ".-", "___", "_-", "-_"].iter().any(|odd| part.contains(odd))
    };
    // A host may have a port.
    let is_host = |part: &str| {
        let (host, port) = part.split_once(':').unwrap_or((part, "0"));
        let is_of_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        !host.is_empty() && host.chars().all(is_of_host) && port.parse::<u16>().is_ok()
    };
    let mut parts = name.split('/');
    let first = parts.next().unwrap_or_default();
    let has_host = name.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    name.len() <= 255 && (if has_host { is_host(first) } else { is_part(first) }) && parts.all(is_part)
}

/// The tag (distribution-spec, "Pulling manifests").
fn decode_tag(image: &Field<'_>) -> Result<String, ArgumentError> {
    let Some(field) = image.get("tag")? else { return Ok("latest".to_owned()) };
    let tag = field.string()?;
    let is_first = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_tag =
        tag.len() <= 128 && tag.starts_with(is_first) && tag.chars().all(|c| is_first(c) || matches!(c, '.' | '-'));
    if is_tag {
        Ok(tag.to_owned())
    } else {
        Err(field.unwanted("at most 128 letters, digits, '_', '.' and '-', not starting with '.' or '-', such as 1.0"))
    }
}

/// The time of creation (RFC 3339, `date-time`).
fn decode_created(image: &Field<'_>) -> Result<String, ArgumentError> {
    let Some(field) = image.get("created")? else { return Ok(CREATED.to_owned()) };
    let text = field.string()?;
    if is_time(text) {
        Ok(text.to_owned())
    } else {
        Err(field.unwanted("a time of RFC 3339 in UTC, such as 2026-01-31T23:59:59Z"))
    }
}

fn is_time(text: &str) -> bool {
    let pattern = "dddd-dd-ddTdd:dd:ddZ";
    let fits = |(c, p): (char, char)| if p == 'd' { c.is_ascii_digit() } else { c == p };
    if text.chars().count() != pattern.len() || !text.chars().zip(pattern.chars()).all(fits) {
        return false;
    }
    let number = |from: usize, to: usize| text[from..to].parse::<u32>().unwrap_or(u32::MAX);
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day) && number(11, 13) < 24 && number(14, 16) < 60 && number(17, 19) < 60
}

fn decode_compression(image: &Field<'_>) -> Result<Compression, ArgumentError> {
    let Some(field) = image.get("compression")? else { return Ok(Compression::default()) };
    match field.string()? {
        "zstd" => Ok(Compression::Zstd),
        "gzip" => Ok(Compression::Gzip),
        "none" => Ok(Compression::None),
        _ => Err(field.unwanted_of(&["zstd", "gzip", "none"])),
    }
}

fn decode_max_layers(image: &Field<'_>) -> Result<u32, ArgumentError> {
    let Some(field) = image.get("maxLayers")? else { return Ok(DEFAULT_LAYERS) };
    match field.unsigned()? {
        number @ 2..=MOST_LAYERS => Ok(number),
        _ => Err(field.unwanted(&format!("an integer from 2 to {MOST_LAYERS}, which is as many as a host can mount"))),
    }
}

/// One layer is left for all other store paths, and one for what the user has written.
fn decode_layers(image: &Field<'_>, max_layers: u32) -> Result<Vec<Vec<String>>, ArgumentError> {
    let Some(field) = image.get("layers")? else { return Ok(Vec::new()) };
    let groups = field.list()?;
    let most = usize::try_from(max_layers).unwrap_or(usize::MAX) - 2;
    if groups.len() > most {
        return Err(field.unwanted(&format!(
            "at most {most} groups, as image.maxLayers is {max_layers} and two layers are for the rest"
        )));
    }
    groups.iter().map(Field::strings).collect()
}

fn decode_texts(image: &Field<'_>, name: &str) -> Result<BTreeMap<String, String>, ArgumentError> {
    let Some(field) = image.get(name)? else { return Ok(BTreeMap::new()) };
    let text = |(name, value): (&str, Field<'_>)| {
        if name.is_empty() {
            return Err(ArgumentError::new(
                value.path(),
                "found an empty name, want one such as org.opencontainers.image.source",
            ));
        }
        Ok((name.to_owned(), value.string()?.to_owned()))
    };
    field.attributes()?.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests;
