use oci_bundle_builder::plan::derivation::closure::Node;
use oci_bundle_builder::plan::derivation::store::StoreDir;

use super::*;
use crate::layer::small_paths::hash;

/// Store paths of these names and sizes.
fn closure(paths: &[(&str, u64)]) -> Closure {
    let node = |(name, size): &(&str, u64)| {
        // 32 characters of Nix's alphabet, made of the name.
        let digits: String = (0..32)
            .map(|at| {
                char::from(
                    b"0123456789abcdfghijklmnpqrsvwxyz"[usize::try_from((hash(name) >> (at % 59)) % 32).unwrap()],
                )
            })
            .collect();
        Node { path: format!("/nix/store/{digits}-{name}"), references: Vec::new(), size: *size }
    };
    let nodes: Vec<_> = paths.iter().map(node).collect();
    Closure::decode(&nodes, &StoreDir::new("/nix/store").unwrap()).unwrap()
}

fn grouping(most: usize) -> Grouping {
    Grouping { most, explicit: Vec::new() }
}

/// A hundred small store paths and three large ones.
fn many() -> Vec<(String, u64)> {
    let small = (0..100).map(|number| (format!("lib{}-1.{number}", word(number)), 10_000 + number));
    let large = [("python3-3.11", 60 << 20), ("glibc-2.36", 30 << 20), ("icu-72", 40 << 20)];
    small.chain(large.map(|(name, size)| (name.to_owned(), size))).collect()
}

fn word(number: u64) -> String {
    (0..3).map(|at| char::from(b'a' + u8::try_from(number / 5_u64.pow(at) % 5).unwrap())).collect()
}

fn borrowed(paths: &[(String, u64)]) -> Vec<(&str, u64)> {
    paths.iter().map(|(name, size)| (name.as_str(), *size)).collect()
}

#[test]
fn every_store_path_is_in_one_group_and_there_are_not_too_many() {
    let closure = closure(&borrowed(&many()));
    for most in [1, 2, 3, 7, 99, 126] {
        let groups = group(&closure, &grouping(most));
        assert!(groups.len() <= most, "{most}: {}", groups.len());
        let mut all: Vec<_> = groups.into_iter().flat_map(|(_, paths)| paths).collect();
        all.sort_unstable();
        assert_eq!(all, closure.directories().collect::<Vec<_>>(), "{most}");
    }
}

#[test]
fn large_ones_are_alone_the_largest_first() {
    let groups = group(&closure(&borrowed(&many())), &grouping(99));
    let first: Vec<_> = groups.iter().take(3).map(|(_, paths)| paths[0].to_str().unwrap()[44..].to_owned()).collect();
    assert_eq!(first, ["python3-3.11", "icu-72", "glibc-2.36"]);
    assert!(groups[..3].iter().all(|(reason, paths)| paths.len() == 1 && reason == "a large store path"));
}

/// What a push sends again: groups that are not the same as before.
fn changed(before: &[(String, u64)], after: &[(String, u64)]) -> usize {
    let [before, after] = [before, after].map(|paths| group(&closure(&borrowed(paths)), &grouping(99)));
    let before: BTreeSet<_> = before.into_iter().map(|(_, paths)| paths).collect();
    after.iter().filter(|(_, paths)| !before.contains(paths)).count()
}

#[test]
fn a_change_changes_its_own_group() {
    let before = many();
    let mut newer = before.clone();
    newer[7].0 = newer[7].0.replace("-1.7", "-2.0-rc1");
    assert_eq!(changed(&before, &newer), 1);
    for size in [5_000, 20 << 20] {
        let mut more = before.clone();
        more.push(("something-new-1.0".to_owned(), size));
        assert_eq!(changed(&before, &more), 1, "{size}");
        assert!(changed(&more, &before) <= 1, "{size}");
    }
}

#[test]
fn what_the_user_wants_together_is() {
    let closure = closure(&[("a-1", 1), ("b-1", 5 << 20), ("c-1", 1)]);
    let names: Vec<_> = closure.paths().iter().map(ToString::to_string).collect();
    let of = |end: &str| names.iter().find(|name| name.ends_with(end)).unwrap().clone();
    let explicit = vec![BTreeSet::from([of("-b-1"), of("-a-1")]), BTreeSet::from([of("-a-1")])];
    let groups = group(&closure, &Grouping { most: 99, explicit });
    let reasons: Vec<_> =
        groups.iter().map(|(reason, paths)| (reason.split(',').next().unwrap(), paths.len())).collect();
    assert_eq!(reasons, [("image.layers[0]", 2), ("small store paths", 1)]);
}
