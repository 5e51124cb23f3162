use super::*;

fn path(text: &str) -> ContainerPath {
    ContainerPath::parse(text, "it").unwrap()
}

#[test]
fn a_path_is_normalised() {
    for text in ["/a/b", "/a/b/", "//a///b", "/./a/./b/."] {
        assert_eq!(path(text).to_string(), "/a/b", "{text}");
    }
    assert_eq!(path("//."), ContainerPath::root());
}

#[test]
fn a_path_is_no_longer_than_linux_takes() {
    let names = |count: usize, length: usize| format!("/{}", "a".repeat(length)).repeat(count);
    let parse = |text: String| ContainerPath::parse(&text, "it").map(|path| path.to_string().len());
    assert_eq!(parse(names(1, 255)), Ok(256));
    assert_eq!(parse(names(1, 256)), Err("found a name of 256 bytes in it, but Linux takes up to 255".to_owned()));
    assert_eq!(parse(names(585, 6)), Ok(4095));
    assert_eq!(parse(names(512, 7)), Err("found a path of 4096 bytes, but Linux takes up to 4095".to_owned()));
    assert_eq!(parse("/".repeat(5000)), Ok(1), "slashes that mean nothing do not count");
}

#[test]
fn parents_come_before_their_children() {
    let mut paths: Vec<_> = ["/a/b", "/a-b", "/a", "/a!", "/a/b/c", "/A", "/"].map(path).into();
    paths.sort();
    let sorted: Vec<_> = paths.iter().map(ToString::to_string).collect();
    assert_eq!(sorted, ["/", "/A", "/a", "/a/b", "/a/b/c", "/a!", "/a-b"]);
}

#[test]
fn below_means_whole_components() {
    assert!(path("/dev/pts").is_below(&path("/dev")));
    assert!(path("/dev").is_below(&path("/")));
    assert!(!path("/development").is_below(&path("/dev")));
    assert!(!path("/dev").is_below(&path("/dev")));
}
