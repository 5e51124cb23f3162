use super::*;

/// Store paths of names made of these numbers, with a size of up to 128 KiB each.
fn paths(numbers: impl Iterator<Item = u64>) -> Vec<(StorePath, u64)> {
    let path = |number: u64| {
        let name = format!("{}-p{number:x}q-1.0", "a".repeat(32));
        (name.parse().unwrap(), (hash(&name) % 128 + 1) << 10)
    };
    numbers.map(path).collect()
}

fn grouped(paths: &[(StorePath, u64)], most: usize) -> Vec<(u64, Vec<String>)> {
    let size = |path: &StorePath| paths.iter().find(|(other, _)| other == path).unwrap().1;
    let paths: Vec<_> = paths.iter().map(|(path, size)| (path, *size)).collect();
    let groups = group(&paths, 24, most).into_iter();
    groups
        .map(|(_, group)| (group.iter().copied().map(size).sum(), group.iter().map(ToString::to_string).collect()))
        .collect()
}

#[test]
fn a_group_is_small_as_long_as_there_may_be_more() {
    let many = paths(0..300);
    let groups = grouped(&many, 1000);
    assert!(groups.iter().all(|(size, paths)| *size <= LARGE || paths.len() == 1), "{groups:?}");
    for most in [24, 40, 90] {
        let groups = grouped(&many, most);
        assert_eq!(groups.len(), most);
        assert_eq!(groups.iter().map(|(_, paths)| paths.len()).sum::<usize>(), 300);
    }
}

/// Whatever is added or taken away, also where all layers are used.
#[test]
fn a_change_changes_two_groups_at_most() {
    for most in [30, 60, 90, 1000] {
        let many = paths(0..300);
        let before = grouped(&many, most);
        let changed = |after: Vec<(u64, Vec<String>)>| after.iter().filter(|group| !before.contains(group)).count();
        for number in 0..100 {
            let more = paths((0..300).chain([1000 + number]));
            let fewer = paths((0..300).filter(|it| *it != number));
            let counts = [changed(grouped(&more, most)), changed(grouped(&fewer, most))];
            // The new path's own group is one of them.
            assert!(counts.iter().all(|count| *count <= 3), "{most} {number}: {counts:?}");
        }
    }
}

#[test]
fn what_has_one_name_stays_together() {
    let path = |number: u64| (format!("{number:032}-same-{number}").parse().unwrap(), 200 << 10);
    let paths: Vec<(StorePath, u64)> = (0..4).map(path).collect();
    assert_eq!(grouped(&paths, 90).len(), 1);
}

#[test]
fn a_version_starts_behind_a_hyphen_without_a_letter() {
    let hash = "a".repeat(32);
    for (name, found) in
        [("python3-3.11.2", "python3"), ("libfoo-bar-1.0-lib", "libfoo-bar"), ("script", "script"), ("x-", "x")]
    {
        assert_eq!(stem(&format!("{hash}-{name}")), found);
    }
}
