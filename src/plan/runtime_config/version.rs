//! Which version of the spec a document needs.

use crate::plan::diagnostics::ArgumentError;
use crate::plan::runtime_config::RuntimeConfig;
use crate::plan::runtime_config::schema::{self, VALUES};

/// The oldest version that there are runtimes for.
const OLDEST: &str = "1.0.0";

/// The lowest version that has everything in the document: runtimes refuse what is newer than they are.
pub fn lowest(config: &RuntimeConfig) -> &'static str {
    needs(config).into_iter().map(|(version, _)| version).max_by_key(|version| release(version)).unwrap_or(OLDEST)
}

/// Checks that the document's own `ociVersion` has everything in it: a version as in "Semantic Versioning" 2.0.0 (config.md,
/// "Specification version"), released or not, as runtimes write such versions themselves.
///
/// A version such as 1.0.2-dev counts as 1.0.2: the spec is called so between 1.0.2 and its next release, and a candidate such as
/// 1.1.0-rc.1 has most of its release.
///
/// # Errors
/// An [`ArgumentError`] at the field that is too new, or at what is no version.
pub fn check(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    for asked in config.find("ociVersion") {
        let Some(release_asked) = release(asked.string()?) else {
            return Err(asked.unwanted("a version of the OCI runtime spec (Semantic Versioning), such as \"1.0.2\""));
        };
        for (version, mistaken) in needs(config) {
            if release(version) > Some(release_asked) {
                let problem =
                    format!("is new in version {version} of the spec, but {} is {}", asked.path(), asked.value());
                return Err(ArgumentError::new(mistaken.path(), problem));
            }
        }
    }
    Ok(())
}

fn needs(config: &RuntimeConfig) -> Vec<(&'static str, crate::plan::diagnostics::Field<'_>)> {
    let fields = schema::places().iter().filter_map(|place| Some((place.path, place.since?)));
    let fields = fields.flat_map(|(path, version)| config.find(path).into_iter().map(move |field| (version, field)));
    let values = VALUES.iter().flat_map(|(pattern, value, version)| {
        config.find(pattern).into_iter().filter(move |field| field.value() == value).map(move |field| (*version, field))
    });
    fields.chain(values).collect()
}

/// A number of any length, without zeros before it: the longer, the larger.
type Number<'v> = (usize, &'v str);

/// The release that a version is, comes after or leads to, if it is a version; releases are ordered as versions are.
fn release(version: &str) -> Option<[Number<'_>; 3]> {
    let (version, build) = split_off(version, '+');
    let (core, pre_release) = split_off(version, '-');
    let of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(of_name);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = |text: &str| text == "0" || !text.starts_with('0');
    if !build.is_none_or(|build| build.split('.').all(is_name)) {
        return None;
    }
    if !pre_release
        .is_none_or(|names| names.split('.').all(|name| is_name(name) && (!is_number(name) || is_plain(name))))
    {
        return None;
    }
    let numbers: Option<Vec<_>> =
        core.split('.').map(|text| (is_number(text) && is_plain(text)).then_some((text.len(), text))).collect();
    numbers?.try_into().ok()
}

/// What stands before the first `separator`, and what behind it if it is there.
fn split_off(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, behind)| (before, Some(behind)))
}

#[cfg(test)]
mod tests;
