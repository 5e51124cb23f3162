use tempfile::TempDir;

use super::*;

#[test]
fn what_is_deeper_than_a_path_may_be_is_removed_and_nothing_behind_a_link() {
    let folder = TempDir::new().unwrap();
    let (out, outside) = (folder.path().join("out"), folder.path().join("outside"));
    fs::create_dir_all(&out).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "").unwrap();
    let mut level = rustix::fs::open(&out, OFlags::PATH, Mode::empty()).unwrap();
    for _ in 0..5_000 {
        for name in ["a", "b"] {
            rustix::fs::mkdirat(&level, name, Mode::from_raw_mode(0o755)).unwrap();
        }
        rustix::fs::symlinkat(&outside, &level, "link").unwrap();
        level = rustix::fs::openat(&level, "a", OFlags::PATH, Mode::empty()).unwrap();
    }
    flattened(&out).unwrap();
    assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
    assert!(outside.join("file").exists());
}
