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
mod tests;
