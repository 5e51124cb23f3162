use super::*;

#[test]
fn a_form_takes_what_runtimes_take_and_no_more() {
    let forms: [(Form, &[&str], &[&str]); 5] = [
        (is_list_of_numbers, &["", "7", "0-3,7", "0, 2 - 3"], &["x", "3-0", "0-", ",", "0-3:2", "-1"]),
        (is_access, &["", "rwm", "mr"], &["x", "rwx", "R"]),
        (is_page_size, &["64KB", "2MB", "10GB"], &["2M", "2mb", "02MB", "MB", "2 MB", "2.5MB", "2TB"]),
        (is_class, &["", "/", "a.b"], &["a/b", "/a", ".", ".."]),
        (is_interface, &["eth0", "c%d", "wlp0s20f3.1234"], &["", "a/b", "a:b", "a b", ".", "..", "sixteen-letters."]),
    ];
    for (is_right, good, bad) in forms {
        for text in good {
            assert!(is_right(text), "{text}");
        }
        for text in bad {
            assert!(!is_right(text), "{text}");
        }
    }
}

#[test]
fn a_number_is_one_of_any_type() {
    let values = serde_json::json!([i64::MIN, u64::MAX, "1", 1.5]);
    let numbers: Vec<_> = Field::root(&values).list().unwrap().iter().map(number).collect();
    assert_eq!(numbers, [Some(i64::MIN.into()), Some(u64::MAX.into()), None, None]);
}
