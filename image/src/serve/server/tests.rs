use super::range_start;

#[test]
fn a_range_to_the_end_has_a_start() {
    for (range, start) in [
        ("bytes=0-", Some(0)),
        ("bytes=5-", Some(5)),
        ("bytes=5-9", Some(5)),
        ("bytes=5-99", Some(5)),
        ("bytes=5-8", None),
        ("bytes=-5", None),
        ("bytes=1-2,4-", None),
        ("items=0-", None),
        ("", None),
    ] {
        assert_eq!(range_start(range, 10), start, "{range}");
    }
}
