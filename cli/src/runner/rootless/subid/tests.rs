use super::*;

const fn range(first: u32, size: u32) -> Range {
    Range { first, size }
}

#[test]
fn ranges_are_found_by_name_and_by_number() {
    let text =
        "# comment\nann:100000:65536\nbob:200000:10\n7:5000:1\nann:900000:2\nbroken\nann:x:1\nann:1:99999999999\n";
    assert_eq!(granted(text, 7, Some("ann")), [range(100_000, 65536), range(5000, 1), range(900_000, 2)]);
    assert_eq!(granted(text, 7, None), [range(5000, 1)]);
    assert_eq!(granted(text, 8, None), []);
    assert_eq!(name_of(7, "root:x:0:0::/:\nann:x:7:8::/:\n"), Some("ann"));
    assert_eq!(name_of(8, "root:x:0:0::/:\nann:x:7:8::/:\n"), None);
}

#[test]
fn a_user_namespace_has_the_ids_of_its_map() {
    assert_eq!(usable(mapped("         0     100000      65536\n"), 0), [range(1, 65535)]);
    assert_eq!(usable(mapped("         0       1000          1\n"), 0), []);
    assert_eq!(usable(mapped("0 1000 1\n5 7 2\nodd\n"), 0), [range(5, 2)]);
}

#[test]
fn ids_are_used_once() {
    for (granted, used) in [
        (vec![range(1, 0)], vec![]),
        (vec![range(100, 10), range(100, 10)], vec![range(100, 10)]),
        (vec![range(100, 10), range(95, 20)], vec![range(100, 10), range(95, 5), range(110, 5)]),
        (vec![range(100, 10), range(105, 10)], vec![range(100, 10), range(110, 5)]),
        // The user's own, which is 7.
        (vec![range(0, 20)], vec![range(0, 7), range(8, 12)]),
        (vec![range(7, 1)], vec![]),
        // More than there are.
        (vec![range(4_294_967_290, 100)], vec![range(4_294_967_290, 5)]),
        (vec![range(u32::MAX, u32::MAX)], vec![]),
        (vec![range(0, u32::MAX), range(1, u32::MAX)], vec![range(0, 7), range(8, 4_294_967_287)]),
    ] {
        assert_eq!(usable(granted.clone(), 7), used, "{granted:?}");
    }
    let many = (0..10_000).map(|number| range(2 * number + 100, 1)).collect();
    let used = usable(many, 7);
    assert_eq!(used.len(), MOST_RANGES);
    assert!(id_map(7, &used).len() < 4096);
}

#[test]
fn the_map_starts_with_the_users_own_id() {
    let ranges = [range(100_000, 65536), range(5000, 1)];
    assert_eq!(id_map(7, &ranges), "0 7 1 1 100000 65536 65537 5000 1");
    assert_eq!(
        SubordinateIds { uids: ranges.into(), gids: vec![ranges[1]] }.extents(),
        (vec![1, 65536, 1], vec![1, 1])
    );
}
