//! Whether a document is one that the spec allows.

use std::fmt;

use oci_spec::runtime::Spec;
use serde_json::Value;

/// Where and how a document departs from the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The field, as in `process.rlimits[0].type`.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "config.json would be invalid: {}: {}", self.path, self.reason)
    }
}

impl std::error::Error for Invalid {}

/// Checks that every field of the document is in the spec and has the right type.
///
/// The document itself is what gets written: serialising [`Spec`] would give its sets in another order each time.
///
/// # Errors
/// The first field that is wrong.
pub fn check(document: &Value) -> Result<(), Invalid> {
    let mut unknown = None;
    let mut track = serde_path_to_error::Track::new();
    let deserializer = serde_path_to_error::Deserializer::new(document, &mut track);
    let result: Result<Spec, _> = serde_ignored::deserialize(deserializer, |path| {
        // Where a field is optional the path has a step of its own, `?`, which is no part of the document.
        unknown.get_or_insert_with(|| path.to_string().replace(".?", ""));
    });
    if let Err(error) = result {
        return Err(Invalid { path: track.path().to_string(), reason: error.to_string() });
    }
    match unknown {
        Some(path) => Err(Invalid { path, reason: "no such field in the OCI runtime spec".to_owned() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_that_the_spec_does_not_have_is_found() {
        let invalid = check(&json!({"ociVersion": "1.0.0", "platform": {"os": "linux"}})).unwrap_err();
        assert_eq!(invalid.path, "platform");
        let invalid = check(&json!({"ociVersion": "1.0.0", "root": {"path": "r", "readOnly": true}})).unwrap_err();
        assert_eq!(invalid.path, "root.readOnly");
    }

    #[test]
    fn a_field_of_the_wrong_type_is_found() {
        let invalid =
            check(&json!({"ociVersion": "1.0.0", "mounts": [{"destination": "/x", "options": "ro"}]})).unwrap_err();
        assert_eq!(invalid.path, "mounts[0].options");
    }
}
