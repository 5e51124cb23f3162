use super::*;

#[test]
fn names_offsets_and_numbers_are_signals() {
    for signal in ["SIGTERM", "SIGRTMIN", "SIGRTMIN+3", "SIGRTMAX-30", "9", "64"] {
        assert!(is_signal(signal), "{signal}");
    }
    for other in ["", "TERM", "sigterm", "SIGTERM ", "SIGRTMIN+31", "SIGRTMIN+", "SIGRTMIN++3", "SIGRTMAX+1", "0", "65"]
    {
        assert!(!is_signal(other), "{other}");
    }
}
