//! What a container is called.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// The longest name.
const LONGEST: usize = 128;

/// A name as Docker and Podman take it, which is a file's name as well.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// One for a container that nobody has named: what its bundle is called, and the number of its process.
    pub fn for_bundle(bundle: &str, process: u32) -> Self {
        // A store path starts with a hash.
        let is_hash = |hash: &str| hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let name = bundle.split_once('-').filter(|(hash, _)| is_hash(hash)).map_or(bundle, |(_, name)| name);
        let name: String = name.chars().filter(|c| is_inside(*c)).take(LONGEST - 16).collect();
        let name = name.trim_start_matches(['.', '_', '-']);
        Self(format!("{}-{process}", if name.is_empty() { "container" } else { name }))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_name = text.len() <= LONGEST
            && text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.chars().all(is_inside);
        if is_name {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("want a name of at most {LONGEST} letters, digits, '_', '.' and '-', such as web"))
        }
    }
}

fn is_inside(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_file_name() {
        for text in ["web", "web-1", "0_a.b"] {
            assert_eq!(text.parse::<Name>().unwrap().as_str(), text);
        }
        for text in ["", ".", "..", "-x", "a/b", "a b", "ä", &"x".repeat(129)] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_bundle_names_what_nobody_has_named() {
        let of = |bundle| Name::for_bundle(bundle, 7).to_string();
        assert_eq!(of("00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-web-1"), "web-1-7");
        assert_eq!(of("bundle"), "bundle-7");
        assert_eq!(of("..ä/"), "container-7");
    }
}
