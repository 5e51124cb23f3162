use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

#[test]
fn only_regular_files_are_opened() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("file"), "text").unwrap();
    symlink("file", at("link")).unwrap();
    rustix::fs::mknodat(CWD, at("fifo"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    assert!(open(&at("file")).is_ok());
    for path in ["link", "fifo", "socket", ".", "none"].map(at).into_iter().chain(["/dev/zero".into()]) {
        assert!(open(&path).is_err(), "{path:?}");
    }
}

#[test]
fn a_text_is_read_up_to_its_bound() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("text");
    std::fs::write(&path, "four").unwrap();
    assert_eq!(read_text(&path, 4).unwrap(), "four");
    let larger = |most| format!("'{}' is larger than {most} bytes", path.display());
    assert_eq!(read_text(&path, 3).unwrap_err().to_string(), larger(3));
    // Where the bound cuts a character in two.
    std::fs::write(&path, "üü").unwrap();
    assert_eq!(read_text(&path, 2).unwrap_err().to_string(), larger(2));
    std::fs::write(&path, b"\xff").unwrap();
    assert!(read_text(&path, 9).unwrap_err().to_string().starts_with("reading '"));
}
