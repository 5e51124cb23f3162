//! Store paths and the store directory.
//!
//! The types are those of `harmonia-store-core`. No other module names that crate, so another implementation can
//! take its place here.

pub use harmonia_store_core::store_path::{StoreDir, StorePath};

/// Parses `path` as a path directly in `store_dir`, such as `/nix/store/<hash>-hello`.
///
/// # Errors
/// The reason, in words for a message that names the path itself: not in the store, or not a valid store path name
/// (Nix manual, "Store Path").
pub fn parse(store_dir: &StoreDir, path: &str) -> Result<StorePath, String> {
    let base = store_dir.strip_prefix(path).map_err(|_| format!("is not in the store '{store_dir}'"))?;
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
    fn the_store_directory_may_be_another() {
        let store = StoreDir::new("/gnu/store").unwrap();
        assert!(parse(&store, "/gnu/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash").is_ok());
        assert!(parse(&store, BASH).is_err());
    }
}
