use super::*;

/// As setcap(8) of libcap 2.66 writes them.
#[test]
fn the_attribute_is_that_of_setcap() {
    let value = FileCapabilities::new(["CAP_NET_RAW"]).to_xattr();
    assert_eq!(value, [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let value = FileCapabilities::new(["CAP_BPF", "CAP_CHOWN"]).to_xattr();
    assert_eq!(value, [1, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn names_come_back() {
    let all = FileCapabilities::new(CAPABILITIES);
    assert!(all.names().eq(CAPABILITIES));
    assert_eq!(FileCapabilities::new(["CAP_SETUID", "CAP_KILL", "CAP_NONE"]).to_string(), "CAP_KILL, CAP_SETUID");
}
