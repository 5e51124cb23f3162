use super::*;

#[test]
fn a_size_has_few_digits() {
    for (bytes, text) in [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1_234_567, "1.2 MiB"),
        (1_048_575_999, "1000.0 MiB"),
        (5 << 30, "5.0 GiB"),
        (u64::MAX, "16777216.0 TiB"),
    ] {
        assert_eq!(size(bytes), text);
    }
}

#[test]
fn nix_gets_a_message_in_its_own_form() {
    assert_eq!(
        phase(7, 3 << 20, 5 << 20),
        r#"@nix {"action":"setPhase","phase":"copying: 7 files, 3.0 MiB of 5.0 MiB"}"#
    );
}
