//! The argument `contents`: packages whose trees appear at `/`.

use crate::plan::diagnostics::{ArgumentError, AttrPath, Field};

/// The priority of a package that says nothing of it, as in nixpkgs (`lib.meta.defaultPriority`).
const DEFAULT_PRIORITY: i64 = 5;

/// A package, that is: a tree of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The attribute that asks for it.
    pub attribute: AttrPath,
    /// Its store paths, one an output.
    pub paths: Vec<String>,
    /// Which of several packages has precedence where both have a file: the lower one (`meta.priority` of nixpkgs).
    pub priority: i64,
}

/// Decodes the argument `contents`: store paths, or what nix/lib/internal/contents.nix makes of packages.
///
/// # Errors
/// An [`ArgumentError`] at the element that is wrong.
pub fn decode(field: &Field<'_>) -> Result<Vec<Package>, ArgumentError> {
    field.list()?.iter().map(decode_package).collect()
}

fn decode_package(field: &Field<'_>) -> Result<Package, ArgumentError> {
    let attribute = field.path().clone();
    if field.is_string() {
        return Ok(Package { attribute, paths: vec![field.string()?.to_owned()], priority: DEFAULT_PRIORITY });
    }
    if field.attributes().is_err() {
        return Err(field.unwanted("a package"));
    }
    field.only(&["paths", "priority"], "attribute of a package")?;
    let paths = field.get("paths")?.ok_or_else(|| field.unwanted("a package"))?.strings()?;
    let priority = match field.get("priority")? {
        Some(priority) => priority.value().as_i64().ok_or_else(|| {
            let path = attribute.attribute("meta").attribute("priority");
            Field::at(path, priority.value()).unwanted("an integer")
        })?,
        None => DEFAULT_PRIORITY,
    };
    Ok(Package { attribute, paths, priority })
}
