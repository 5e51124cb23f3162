use std::fs::File;
use std::os::fd::AsRawFd;

use rustix::io::fcntl_getfd;

use super::*;

#[test]
fn sockets_are_those_that_are_meant_for_this_process() {
    // 3 is open in every test's process or not, 1 000 000 of them are not.
    for (fds, pid) in [
        (None, Some("7")),
        (Some("1"), None),
        (Some("1"), Some("8")),
        (Some("0"), Some("7")),
        (Some("-1"), Some("7")),
        (Some("x"), Some("7")),
        (Some("1000000"), Some("7")),
        (Some("2147483647"), Some("7")),
        (Some("99999999999"), Some("7")),
    ] {
        assert_eq!(handed_over(fds, pid, 7), None, "{fds:?} {pid:?}");
    }
    assert_eq!(handed_over_if(Some("2"), Some("7"), 7, |number| number < 5), Some(2));
    assert_eq!(handed_over_if(Some("2"), Some("7"), 7, |number| number < 4), None);
    let (file, directory) = (File::open("/dev/null").unwrap(), File::open("/").unwrap());
    assert!(is_open(file.as_raw_fd()) && !is_directory(file.as_raw_fd()));
    assert!(is_directory(directory.as_raw_fd()));
}

#[test]
fn a_lock_is_above_the_sockets_and_survives_exec() {
    let lock = for_runtime(File::open("/dev/null").unwrap().into(), Some(40)).unwrap();
    assert!(lock.as_raw_fd() >= 43);
    assert_eq!(fcntl_getfd(&lock).unwrap(), FdFlags::empty());
}
