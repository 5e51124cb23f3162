use super::*;

fn extents(ranges: &[(u64, u64)], own: Option<u64>, there: &[u64]) -> Vec<(u64, u64, u64)> {
    let map = IdMap::new(ranges, own, there);
    assert!(!map.is_short);
    map.extents
}

#[test]
fn the_users_own_id_is_the_one_that_is_kept() {
    let there = [1, 65536];
    assert_eq!(extents(&[(0, 65537)], Some(1000), &there), [(1000, 0, 1), (0, 1, 1000), (1001, 1001, 64536)]);
    assert_eq!(extents(&[(0, 65537)], Some(0), &there), [(0, 0, 1), (1, 1, 65536)]);
    assert_eq!(extents(&[(0, 65537)], Some(65536), &there), [(65536, 0, 1), (0, 1, 65536)]);
    // An id above all of them, and extents that end within a range.
    assert_eq!(extents(&[(0, 65536)], Some(90_000), &there), [(90_000, 0, 1), (0, 1, 65536)]);
    assert_eq!(
        extents(&[(0, 11)], Some(5), &[1, 3, 7]),
        [(5, 0, 1), (0, 1, 3), (3, 4, 2), (6, 6, 5)],
        "each extent of the container is within one outside"
    );
}

#[test]
fn ids_that_are_not_there_are_missing() {
    let map = IdMap::new(&[(0, 5), (10, 5)], None, &[1, 5]);
    assert_eq!((map.extents.clone(), map.is_short), (vec![(0, 0, 1), (1, 1, 4), (10, 5, 1)], true));
    assert!(map.has(10) && !map.has(11) && !map.has(5));
    assert_eq!(map.len(), 6);
    // As many mappings as nobody has.
    let ranges: Vec<_> = (0..5000).map(|number| (2 * number, 1)).collect();
    let map = IdMap::new(&ranges, None, &[1, 65536]);
    assert_eq!((map.extents.len(), map.is_short), (MOST_EXTENTS, true));
    assert!(IdMap::new(&[(u64::MAX - 1, 5)], Some(u64::MAX), &[1]).is_short);
}
