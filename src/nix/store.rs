//! Store paths and the store directory (Nix manual, "Store Path").

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// How many characters a digest has.
const DIGEST_LENGTH: usize = 32;

/// The most characters that a name may have.
const LONGEST_NAME: usize = 211;

/// What stands directly in a store: `<digest>-<name>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StorePath(String);

impl StorePath {
    /// What follows the digest.
    pub fn name(&self) -> &str {
        &self.0[DIGEST_LENGTH + 1..]
    }
}

/// A text that is not a store path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAStorePath;

impl FromStr for StorePath {
    type Err = NotAStorePath;

    fn from_str(text: &str) -> Result<Self, NotAStorePath> {
        let (digest, name) = text.split_once('-').ok_or(NotAStorePath)?;
        let is_digest = digest.len() == DIGEST_LENGTH && digest.bytes().all(is_digit);
        let is_name = (1..=LONGEST_NAME).contains(&name.len())
            && ![".", ".."].contains(&name)
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._?=".contains(&byte));
        if is_digest && is_name { Ok(Self(text.to_owned())) } else { Err(NotAStorePath) }
    }
}

/// Whether this is a digit of Nix's base 32, which leaves out e, o, t and u.
fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'd' | b'f'..=b'n' | b'p'..=b's' | b'v'..=b'z')
}

impl fmt::Display for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The directory that has the store paths: `/nix/store`, nearly always.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreDir(String);

impl StoreDir {
    /// The store directory of this absolute path.
    ///
    /// # Errors
    /// Why there is none, in words that follow a colon.
    pub fn new(path: &str) -> Result<Self, &'static str> {
        let path = path.trim_end_matches('/');
        match path {
            "" => Err("want the absolute path of a directory below /"),
            _ if !path.starts_with('/') => Err("want an absolute path"),
            _ => Ok(Self(path.to_owned())),
        }
    }

    /// Where it is.
    pub fn to_path(&self) -> &Path {
        Path::new(&self.0)
    }
}

impl Default for StoreDir {
    fn default() -> Self {
        Self("/nix/store".to_owned())
    }
}

impl fmt::Display for StoreDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Parses `path` as a path directly in `store_dir`, such as `/nix/store/<hash>-hello`.
///
/// # Errors
/// The reason, in words for a message that names the path itself: not in the store, or not a valid store path name.
pub fn parse(store_dir: &StoreDir, path: &str) -> Result<StorePath, String> {
    let base = path.strip_prefix(&store_dir.0).and_then(|rest| rest.strip_prefix('/'));
    let base = base.ok_or_else(|| format!("is not in the store '{store_dir}'"))?;
    base.parse().map_err(|_| format!("is not a store path ('{store_dir}/<hash>-<name>')"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASH: &str = "/nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash";

    #[test]
    fn a_path_in_the_store_directory_is_a_store_path() {
        let path = parse(&StoreDir::default(), BASH).unwrap();
        assert_eq!(path.to_string(), "00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash");
    }

    #[test]
    fn other_paths_are_refused_with_the_reason() {
        let store = StoreDir::default();
        for (path, reason) in [
            ("/etc/passwd", "is not in the store '/nix/store'"),
            ("nix/store/x", "is not in the store '/nix/store'"),
            ("/nix/store2/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash", "is not in the store '/nix/store'"),
            ("/nix/store/..", "is not a store path ('/nix/store/<hash>-<name>')"),
            ("/nix/store/short-bash", "is not a store path ('/nix/store/<hash>-<name>')"),
            (
                "/nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash/bin",
                "is not a store path ('/nix/store/<hash>-<name>')",
            ),
        ] {
            assert_eq!(parse(&store, path).unwrap_err(), reason, "{path}");
        }
    }

    #[test]
    fn a_store_path_has_a_digest_and_a_name() {
        let digest = "0123456789abcdfghijklmnpqrsvwxyz";
        for name in ["a", "-", ".hidden", "x_1.0+b?=", &"n".repeat(211)] {
            let text = format!("{digest}-{name}");
            let path: StorePath = text.parse().unwrap();
            assert_eq!((path.to_string(), path.name()), (text, name));
        }
        let long = format!("{digest}-{}", "n".repeat(212));
        let digests = ["0123456789abcdfghijklmnpqrsvwxy-a", "0123456789abcdefghijklmnpqrsvwxy-a", "-a", "a"];
        let names = ["", ".", "..", "a b", "a/b", "ä"].map(|name| format!("{digest}-{name}"));
        for text in digests.into_iter().chain([digest, &long]).chain(names.iter().map(String::as_str)) {
            assert_eq!(text.parse::<StorePath>(), Err(NotAStorePath), "{text}");
        }
    }

    #[test]
    fn a_store_directory_is_an_absolute_path() {
        assert_eq!(StoreDir::new("/nix/store/"), Ok(StoreDir::default()));
        for text in ["", "/", "nix/store"] {
            assert!(StoreDir::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_store_directory_may_be_another() {
        let store = StoreDir::new("/gnu/store").unwrap();
        assert!(parse(&store, "/gnu/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash").is_ok());
        assert!(parse(&store, BASH).is_err());
    }
}
