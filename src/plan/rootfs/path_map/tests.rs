use super::*;

#[test]
fn the_nearest_value_above_is_found() {
    let map: PathMap<_> = ["/a", "/a/b/c", "/d/e"].map(|path| (Path::new(path), path)).into_iter().collect();
    for (path, found) in [
        ("/", None),
        ("/a", Some("/a")),
        ("/a/b", Some("/a")),
        ("/a/b/c/d/e", Some("/a/b/c")),
        ("/a/bc", Some("/a")),
        ("/ab", None),
        ("/d", None),
        ("/d/e", Some("/d/e")),
    ] {
        assert_eq!(map.at_or_above(Path::new(path)).copied(), found, "{path}");
    }
}
