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
        ("/nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash/bin", "is not a store path ('/nix/store/<hash>-<name>')"),
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
