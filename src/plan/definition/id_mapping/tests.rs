use super::*;

fn decoded(ranges: &[(u32, u32, u32)]) -> Result<usize, String> {
    let document =
        |&(container_id, host_id, size): &(u32, u32, u32)| IdMapping { container_id, host_id, size }.document();
    let list = Value::Array(ranges.iter().map(document).collect());
    decode(Some(Field::root(&list))).map(|mappings| mappings.len()).map_err(|mistake| mistake.to_string())
}

#[test]
fn ranges_that_share_a_number_are_named_in_whatever_order_they_stand() {
    let overlap = |ids: &str| Err(format!("[2]: its {ids} overlap those of [0]"));
    assert_eq!(decoded(&[(0, 0, 10), (50, 50, 1), (9, 100, 1)]), overlap("containerIDs"));
    assert_eq!(decoded(&[(9, 100, 1), (50, 50, 1), (0, 0, 10)]), overlap("containerIDs"));
    assert_eq!(decoded(&[(0, 5, 10), (50, 50, 1), (20, 0, 6)]), overlap("hostIDs"));
    assert_eq!(decoded(&[(0, 0, 100), (200, 200, 1), (50, 300, 1)]), overlap("containerIDs"));
    assert_eq!(decoded(&[(10, 0, 10), (0, 10, 10), (20, 20, 1)]), Ok(3));
}

/// With a comparison of each with each, this would not end in reasonable time.
#[test]
fn many_ranges_are_as_good_as_few() {
    let ranges: Vec<_> = (0..100_000).rev().map(|index| (index * 2, index * 3, 2)).collect();
    assert_eq!(decoded(&ranges), Ok(ranges.len()));
}
