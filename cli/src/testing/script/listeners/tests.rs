use super::*;

#[test]
fn a_table_has_those_who_wait_and_those_who_talk() {
    let tcp = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
               \x20  0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0\n\
               \x20  1: 0100007F:1F91 0100007F:9C4E 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0\n";
    assert_eq!(listening(tcp, false).collect::<Vec<_>>(), [8080]);
    let udp6 = "  1: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 0:0\n";
    assert_eq!(listening(udp6, true).collect::<Vec<_>>(), [53]);
    assert_eq!(listening("odd\n\n", false).count(), 0);
}

#[test]
fn a_port_has_a_number_and_a_protocol() {
    for (text, shown) in [("8080", "8080"), ("8080/tcp", "8080"), ("53/udp", "53/udp")] {
        assert_eq!(text.parse::<Port>().unwrap().to_string(), shown);
    }
    for text in ["", "0", "65536", "80/sctp", "http", "-1"] {
        assert!(text.parse::<Port>().is_err(), "{text}");
    }
}
